import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import { z } from 'zod';
import { messageOf } from '../../content/error.ts';
import { PackLayer, PackName, PackVersion } from '../../content/pack-format.ts';
import { bundleError } from '../errors.ts';
import { parseYamlFile, tellMistakes } from '../yaml-file.ts';

const PACK_FILE = 'pack.yaml';

const Range = z
  .string()
  .refine((text) => semver.validRange(text) !== null, 'a range of versions such as ">=1.2 <2"');
const Values = z.record(z.string(), z.unknown());

/** One add-on integration, as its author writes it; paths are relative to the file. */
export const PackSchema = z.strictObject({
  apiVersion: z.literal('skerry.dev/v1'),
  kind: z.literal('Pack'),
  name: PackName,
  version: PackVersion.refine((text) => semver.valid(text) === text, 'a semantic version such as 1.2.3'),
  layer: PackLayer,
  description: z.string().max(1000).default(''),
  chart: z
    .string()
    .min(1)
    .optional()
    .describe('A Helm chart: a folder, a .tgz, or oci://HOST/REPOSITORY:VERSION'),
  manifests: z
    .string()
    .min(1)
    .optional()
    .describe(
      'In place of a chart: a folder with manifests (.yaml, .yml, .json) that are applied as they are',
    ),
  values: z
    .string()
    .optional()
    .describe('A YAML file with the default values; the chart’s own values.yaml when absent'),
  schema: z
    .string()
    .optional()
    .describe('A JSON schema of the values; the chart’s values.schema.json when absent'),
  presets: z
    .array(z.strictObject({ name: PackName, description: z.string().default(''), values: Values }))
    .default([]),
  dependencies: z.array(z.strictObject({ pack: PackName, range: Range })).default([]),
});
export type Pack = z.infer<typeof PackSchema>;

/** Reads `pack.yaml` in a folder. Throws PACK_INVALID with file, line and column. */
export async function readPack(folder: string): Promise<Pack> {
  const file = join(folder, PACK_FILE);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw bundleError('PACK_INVALID', {
      subject: file,
      detail: `it cannot be read: ${messageOf(cause)}`,
      cause,
    });
  });
  const pack = parseYamlFile(text, file, PackSchema, (mistakes) =>
    bundleError('PACK_INVALID', {
      subject: mistakes[0]?.where ?? file,
      detail: tellMistakes(mistakes),
    }),
  );
  if ((pack.chart === undefined) === (pack.manifests === undefined))
    throw bundleError('PACK_INVALID', { subject: file, detail: 'a pack has either chart or manifests' });
  return pack;
}
