import { z } from 'zod';
import type { HelmRelease, HelmRendering, ReleaseName } from './helm.ts';
import { helmError } from './helm-error.ts';
import type { HelmResult } from './helm-process.ts';

/** False where helm says that there is no such release. Throws whatever else it says. */
export function found(result: HelmResult, name: string): boolean {
  if (result.ok) return true;
  if (/release: not found/i.test(result.stderr)) return false;
  throw helmError({ subject: name, stderr: result.stderr });
}

const valuesSchema = z.record(z.string(), z.unknown()).nullable();

const releaseSchema = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  version: z.number(),
  info: z.looseObject({ status: z.string() }),
});

const renderingSchema = z.looseObject({
  manifest: z.string().default(''),
  hooks: z
    .array(z.looseObject({ manifest: z.string().default('') }))
    .nullish()
    .transform((hooks) => hooks ?? []),
});

const listSchema = z.array(
  z
    .looseObject({ name: z.string(), namespace: z.string(), revision: z.coerce.number(), status: z.string() })
    .transform(({ name, namespace, revision, status }) => ({ name, namespace, revision, status })),
);

/** What helm tells of a release that it has just applied, or is asked for. */
export function readRelease(
  stdout: string,
  { name, namespace }: Pick<ReleaseName, 'name' | 'namespace'>,
): HelmRelease {
  const { version, info } = releaseSchema.parse(JSON.parse(stdout));
  return { name, namespace, revision: version, status: info.status };
}

/** What an upgrade would apply. */
export function readRendering(stdout: string): HelmRendering {
  const { manifest, hooks } = renderingSchema.parse(JSON.parse(stdout));
  return { manifest, hooks: hooks.map((hook) => hook.manifest) };
}

export function readValues(stdout: string): Readonly<Record<string, unknown>> {
  return valuesSchema.parse(JSON.parse(stdout)) ?? {};
}

export function readList(stdout: string): HelmRelease[] {
  return listSchema.parse(JSON.parse(stdout));
}

/** The archives that helm says it has written. */
export function packedIn({ stdout }: HelmResult): string[] {
  return [...stdout.matchAll(/saved it to: (.+\.tgz)\s*$/gm)].flatMap(([, path]) => path ?? []);
}
