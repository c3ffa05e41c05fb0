import { z } from 'zod';
import { DigestSchema } from './descriptor.ts';
import { MAX_PACK_NAME, MAX_PACK_VERSION, PACK_NAME_GRAMMAR, PACK_VERSION_GRAMMAR } from './pack-grammar.ts';

/**
 * What a pack is as an OCI artifact: one format, and the same limits, for those who make packs and those who read them.
 * Its manifest has the artifact type, the config says all that a catalogue needs, and the first layer is a Helm chart.
 */
export const PACK_TYPE = 'application/vnd.skerry.pack.v1+json';
export const PACK_CONFIG_TYPE = 'application/vnd.skerry.pack.config.v1+json';

/** Values and their schema are shown whole in answers: a pack that needs more than this is broken. */
export const MAX_PACK_CONFIG_BYTES = 1024 * 1024;

export const PackName = z.string().max(MAX_PACK_NAME).regex(PACK_NAME_GRAMMAR);

export const PackVersion = z.string().max(MAX_PACK_VERSION).regex(PACK_VERSION_GRAMMAR);

export const PackLayer = z.enum(['os', 'kubernetes', 'network', 'storage', 'addon']);

const AnyObject = z.record(z.string(), z.unknown());

const PackPreset = z.object({
  name: z.string(),
  description: z.string().optional(),
  values: AnyObject.meta({ description: 'Laid over the default values.' }),
});

const PackDependency = z.object({
  pack: PackName,
  range: z.string().meta({ description: 'Versions that will do, as npm and Helm write it, e.g. ^1.2.0.' }),
});

const PackImage = z.object({
  reference: z.string().meta({ description: 'As the chart names it.' }),
  digest: DigestSchema.meta({ type: 'string' }),
});

/** Something that those who apply a pack must be allowed to do. */
export const PackPermission = z.object({
  /** Empty for the core group. */
  group: z.string(),
  /** Plural, as RBAC names it. */
  resource: z.string(),
  /** What it takes to apply, watch and remove objects when absent. */
  verbs: z.array(z.string()).optional(),
});
export type PackPermission = z.infer<typeof PackPermission>;

/** The config blob of a pack's manifest. */
export const PackConfig = z.object({
  name: PackName,
  version: PackVersion,
  layer: PackLayer.meta({ description: 'Which layer of a cluster the pack belongs to.' }),
  description: z.string().default(''),
  presets: z.array(PackPreset).default([]),
  dependencies: z.array(PackDependency).default([]),
  images: z.array(PackImage).default([]),
  values: AnyObject.default({}).meta({ description: 'Default values.' }),
  valuesSchema: AnyObject.default({}).meta({ description: 'JSON Schema of the values.' }),
  permissions: z.array(PackPermission).default([]).meta({
    description: 'What applying it takes, as found with its default values and with each preset.',
  }),
});
export type PackConfig = z.infer<typeof PackConfig>;

/** The tag of a version: OCI tags have no plus sign, and semver has no underscore (Helm does it so too). */
export function tagOf(version: string): string {
  return version.replaceAll('+', '_');
}

/** The version of a tag, undefined where the tag is none. */
export function versionOf(tag: string): string | undefined {
  return PackVersion.safeParse(tag.replaceAll('_', '+')).data;
}
