import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import semver from 'semver';
import { z } from 'zod';
import { celProblem } from '../apply/health/cel.ts';
import { messageOf } from '../content/error.ts';
import { PackVersion } from '../content/pack-format.ts';
import { PLATFORM_GRAMMAR } from '../content/platform-grammar.ts';
import { tryParseReference } from '../content/reference.ts';
import { BackupSchema, GateSchema } from './component-gate.ts';
import { bundleError } from './errors.ts';
import { ReleaseCheckSchema } from './release-check.ts';
import { parseYamlFile, tellMistakes } from './yaml-file.ts';

const Name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'lower-case letters, digits and dashes')
  .max(53);
const Version = PackVersion.refine((text) => semver.valid(text) === text, 'a semantic version such as 1.2.3');
const Range = z
  .string()
  .refine((text) => semver.validRange(text) !== null, 'a range of versions such as ">=1.31 <1.36"');
const ImageReference = z
  .string()
  .refine((text) => tryParseReference(text) !== undefined, 'an image reference such as host/name:tag');
const RelativePath = z.string().min(1).describe('A path relative to this file');

const HealthRule = z
  .strictObject({
    apiVersion: z.string().min(1).max(253),
    kind: z.string().min(1).max(63),
    name: z.string().min(1).max(253).optional().describe('One object; all of the kind when absent'),
    namespace: Name.optional(),
    cel: z
      .string()
      .max(4000)
      .refine((text) => celProblem(text) === undefined, {
        error: ({ input }) =>
          `no CEL expression over self that is true or false: ${celProblem(String(input))}`,
      })
      .optional()
      .describe('A CEL expression over self that is true once the object is healthy'),
    ignore: z.literal(true).optional().describe('They count as healthy, whatever their status'),
  })
  .refine((rule) => (rule.cel === undefined) !== (rule.ignore === undefined), 'give either cel or ignore');

const Component = z.strictObject({
  name: Name.describe('Also the name of its Helm release'),
  chart: z
    .string()
    .min(1)
    .describe('A Helm chart: a folder or a .tgz, relative to this file, or oci://HOST/REPOSITORY:VERSION'),
  namespace: Name,
  values: z.record(z.string(), z.unknown()).default({}).describe('Values given to the chart'),
  timeoutSeconds: z.int().min(1).max(7200).default(300).describe('How long its health gate waits'),
  health: z
    .array(HealthRule)
    .max(100)
    .default([])
    .describe(
      'What its health gate waits for, where the rules for all objects don’t fit; the first that fits holds',
    ),
  gate: GateSchema.optional().describe('What it has to pass besides its health before an upgrade goes on'),
  backup: BackupSchema.optional().describe('What keeps its own data before an upgrade'),
});

const Source = z.strictObject({
  prefix: z
    .string()
    .min(1)
    .describe('Images whose reference begins with this host or host/path are taken from here'),
  layout: RelativePath.optional().describe('An OCI image layout folder'),
  registry: z.string().optional().describe('A registry that mirrors them, as host:port'),
});

const Accounted = z
  .strictObject({
    match: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('A text that could be an image, or a pattern of such texts in which * stands for anything'),
    as: z
      .enum(['image', 'not-an-image', 'left-out'])
      .optional()
      .describe(
        'image: it must be there and is taken; not-an-image: never asked for; left-out: an image that is not taken',
      ),
    operator: Name.optional().describe(
      'A component or pack that looks like an operator, of which all images are known without being seen',
    ),
    note: z.string().min(1).max(1000).describe('Why, for those who come later'),
  })
  .refine(
    ({ match, as, operator }) =>
      (match === undefined) !== (operator === undefined) && (match === undefined) === (as === undefined),
    'give either match and as, or operator',
  );

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
    .optional()
    .describe('The component that is the private registry; it is installed first'),
  upgrade: z
    .strictObject({
      from: Range.describe('Versions of this release from which it may be reached, such as ">=1.3 <1.5"'),
    })
    .optional()
    .describe('How it may be upgraded to; from any older version when absent'),
  components: z
    .array(Component)
    .default([])
    .describe(
      'Installed in this order, each once the one before is healthy; a release without any is content that is only brought to a registry',
    ),
  packs: z.array(RelativePath).default([]).describe('Folders with a pack.yaml'),
  images: z.array(ImageReference).default([]).describe('Images that no chart names'),
  files: z
    .array(
      z.strictObject({
        name: Name.describe('What it is called in registries: skerry/files/NAME, with the release’s version'),
        path: RelativePath,
      }),
    )
    .max(1000)
    .default([])
    .describe('Files of any kind and size that travel along, such as templates of machines'),
  platforms: z
    .array(z.string().regex(PLATFORM_GRAMMAR, 'os/architecture, such as linux/amd64'))
    .default([])
    .describe('Platforms of which images are taken, such as linux/amd64; all of them when empty'),
  apiVersions: z
    .array(
      z
        .string()
        .regex(
          /^[a-z0-9.-]+\/v[0-9a-z]+(?:\/[A-Za-z0-9]+)?$/,
          'group/version or group/version/Kind, such as monitoring.coreos.com/v1',
        ),
    )
    .default([])
    .describe(
      'APIs that clusters may serve besides those of Kubernetes and of the release: charts are rendered with and without them',
    ),
  accounted: z.array(Accounted).default([]).describe('What is known about texts that could be images'),
  strict: z
    .boolean()
    .default(false)
    .describe('Make no bundle while a likely image is neither taken nor accounted for'),
  preflight: z
    .array(ReleaseCheckSchema)
    .max(100)
    .optional()
    .describe(
      'What has to hold in a cluster before an upgrade to this release, beside what is always looked at',
    ),
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
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw bundleError('RELEASE_NOT_FOUND', { subject: path, detail: messageOf(cause), cause });
  });
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
    const files = release.files.map(({ name }) => name);
    files.forEach((name, index) => {
      if (files.indexOf(name) === index) return;
      const path = ['files', index, 'name'];
      context.addIssue({ code: 'custom', path, message: `there are two files ${name}` });
    });
    for (const { path, message } of missingIn(release, names))
      context.addIssue({ code: 'custom', path, message });
  });
  return parseYamlFile(text, file, schema, (mistakes) =>
    bundleError('RELEASE_INVALID', { subject: mistakes[0]?.where ?? file, detail: tellMistakes(mistakes) }),
  );
}

/** A release is installed, and then has its registry, or it is content, and then there is some. */
function missingIn(
  { registry, packs, images, files }: Release,
  components: readonly string[],
): { path: string[]; message: string }[] {
  if (registry !== undefined && !components.includes(registry.component))
    return [{ path: ['registry', 'component'], message: 'names no component of this release' }];
  if (registry === undefined && components.length > 0)
    return [{ path: ['components'], message: 'registry has to name the one that is the private registry' }];
  if (components.length + packs.length + images.length + files.length === 0)
    return [{ path: [], message: 'it has neither components nor packs nor images nor files' }];
  return [];
}
