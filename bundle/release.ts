import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import semver from 'semver';
import { z } from 'zod';
import { hasCode } from '../content/blob-file.ts';
import { tryParseReference } from '../content/reference.ts';
import { bundleError } from './errors.ts';
import { parseYamlFile, tellMistakes } from './yaml-file.ts';

const Name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'lower-case letters, digits and dashes')
  .max(53);
const Version = z.string().refine((text) => semver.valid(text) === text, 'a semantic version such as 1.2.3');
const Range = z
  .string()
  .refine((text) => semver.validRange(text) !== null, 'a range of versions such as ">=1.31 <1.36"');
const ImageReference = z
  .string()
  .refine((text) => tryParseReference(text) !== undefined, 'an image reference such as host/name:tag');
const RelativePath = z.string().min(1).describe('A path relative to this file');

const Component = z.strictObject({
  name: Name.describe('Also the name of its Helm release'),
  chart: RelativePath.describe('Folder of a Helm chart, relative to this file'),
  namespace: Name,
  values: z.record(z.string(), z.unknown()).default({}).describe('Values given to the chart'),
  timeoutSeconds: z.int().min(1).max(7200).default(300).describe('How long its health gate waits'),
});

const Source = z.strictObject({
  prefix: z
    .string()
    .min(1)
    .describe('Images whose reference begins with this host or host/path are taken from here'),
  layout: RelativePath.optional().describe('An OCI image layout folder'),
  registry: z.string().optional().describe('A registry that mirrors them, as host:port'),
});

export const ReleaseSchema = z.strictObject({
  apiVersion: z.literal('skerry.dev/v1'),
  kind: z.literal('Release'),
  name: Name,
  version: Version,
  description: z.string().max(1000).default(''),
  kubernetes: Range.describe('Kubernetes versions that the release runs on'),
  sources: z
    .array(
      Source.refine(
        (source) => (source.layout === undefined) !== (source.registry === undefined),
        'give either layout or registry',
      ),
    )
    .default([])
    .describe('Where the connected side finds images, if not in the registry that their reference names'),
  registry: z
    .strictObject({ component: Name })
    .describe('The component that is the private registry; it is installed first'),
  components: z
    .array(Component)
    .min(1)
    .describe('Installed in this order, each once the one before is healthy'),
  packs: z.array(RelativePath).default([]).describe('Folders with a pack.yaml'),
  images: z.array(ImageReference).default([]).describe('Images that no chart names'),
  hostTools: z
    .array(z.strictObject({ name: z.literal('helm'), version: Version }))
    .default([])
    .describe('Programs for the workstation'),
});

/** What a release is made of, as its author writes it; paths are relative to the file. */
export type Release = z.infer<typeof ReleaseSchema>;

export interface ReleaseFile {
  readonly release: Release;
  readonly path: string;
  /** Turns a path of the description into one that can be opened. */
  readonly resolve: (path: string) => string;
}

/** Reads a release description. Throws RELEASE_NOT_FOUND, RELEASE_INVALID with file, line and column. */
export async function readRelease(path: string): Promise<ReleaseFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT') || hasCode(cause, 'EISDIR'))
      throw bundleError('RELEASE_NOT_FOUND', { subject: path, cause });
    throw cause;
  }
  return { release: parseRelease(text, path), path, resolve: (relative) => resolve(dirname(path), relative) };
}

/** As readRelease, from the text of a file called `file`. */
export function parseRelease(text: string, file: string): Release {
  const schema = ReleaseSchema.superRefine((release, context) => {
    const names = release.components.map(({ name }) => name);
    names.forEach((name, index) => {
      if (names.indexOf(name) === index) return;
      context.addIssue({
        code: 'custom',
        path: ['components', index, 'name'],
        message: `there are two components ${name}`,
      });
    });
    if (!names.includes(release.registry.component)) {
      context.addIssue({
        code: 'custom',
        path: ['registry', 'component'],
        message: 'names no component of this release',
      });
    }
  });
  return parseYamlFile(text, file, schema, (mistakes) =>
    bundleError('RELEASE_INVALID', { subject: mistakes[0]?.where ?? file, detail: tellMistakes(mistakes) }),
  );
}
