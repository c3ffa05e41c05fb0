import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import { z } from 'zod';
import { bundleError } from './errors.ts';
import { parseYamlFile, tellMistakes } from './yaml-file.ts';

const PACK_FILE = 'pack.yaml';
export const PACK_TYPE = 'application/vnd.skerry.pack.v1+json';
export const PACK_CONFIG_TYPE = 'application/vnd.skerry.pack.config.v1+json';

const Name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'lower-case letters, digits and dashes')
  .max(53);
const Range = z
  .string()
  .refine((text) => semver.validRange(text) !== null, 'a range of versions such as ">=1.2 <2"');
const Values = z.record(z.string(), z.unknown());

/** One add-on integration, as its author writes it; paths are relative to the file. */
export const PackSchema = z.strictObject({
  apiVersion: z.literal('skerry.dev/v1'),
  kind: z.literal('Pack'),
  name: Name,
  version: z.string().refine((text) => semver.valid(text) === text, 'a semantic version such as 1.2.3'),
  layer: z.enum(['os', 'kubernetes', 'network', 'storage', 'addon']),
  description: z.string().max(1000).default(''),
  chart: z.string().min(1).describe('Folder of a Helm chart'),
  values: z
    .string()
    .optional()
    .describe('A YAML file with the default values; the chart’s own values.yaml when absent'),
  schema: z
    .string()
    .optional()
    .describe('A JSON schema of the values; the chart’s values.schema.json when absent'),
  presets: z
    .array(z.strictObject({ name: Name, description: z.string().default(''), values: Values }))
    .default([]),
  dependencies: z.array(z.strictObject({ pack: Name, range: Range })).default([]),
});
export type Pack = z.infer<typeof PackSchema>;

/** Reads `pack.yaml` in a folder. Throws PACK_INVALID with file, line and column. */
export async function readPack(folder: string): Promise<Pack> {
  const file = join(folder, PACK_FILE);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw bundleError('PACK_INVALID', { subject: file, detail: 'it cannot be read', cause });
  });
  return parseYamlFile(text, file, PackSchema, (mistakes) =>
    bundleError('PACK_INVALID', {
      subject: mistakes[0]?.where ?? file,
      detail: tellMistakes(mistakes),
    }),
  );
}
