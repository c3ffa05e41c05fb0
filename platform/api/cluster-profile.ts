import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';
import type { CustomResource } from './custom-resource.ts';
import { GROUP, VERSION } from './group.ts';
import { PackName, PackVersion } from './pack-name.ts';

/**
 * Bounds of a profile. They keep the object under 64 KiB as the API server stores it: 32 packs of at most 360 bytes
 * each plus the values of all of them, counted as JSON. Values only hold what differs from the pack's own defaults.
 */
export const MAX_PACKS = 32;
export const MAX_VALUES_BYTES = 24 * 1024;

// YAML does not allow other controls unescaped either. Both JavaScript and RE2, which the API server reads patterns
// with, know this way to write it.
const NO_CONTROLS = /^(\P{Cc}|[\t\n\r])*$/u;

const PackReference = z
  .strictObject({
    name: PackName.meta({ description: 'Name of the pack in the registry.' }),
    version: PackVersion.meta({ description: 'Version of the pack.' }),
    digest: DigestSchema.meta({
      description:
        "Digest of the pack's manifest; it decides what is applied, name and version are for people.",
      type: 'string',
      pattern: '^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$',
      maxLength: 135,
    }),
    values: z
      .string()
      .max(MAX_VALUES_BYTES)
      .regex(NO_CONTROLS)
      .optional()
      .meta({ description: "YAML laid over the pack's default values." }),
  })
  .meta({ description: 'A pack at one version.' });

export const ClusterProfileSpec = z
  .strictObject({
    version: PackVersion.meta({ description: 'Version of the profile.' }),
    packs: z
      .array(PackReference)
      .min(1)
      .max(MAX_PACKS)
      .meta({
        description: 'The packs in the order in which they are applied.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
  })
  .meta({
    description: 'What a cluster is made of. Never changes; another version is another object.',
    'x-kubernetes-validations': [
      {
        rule: 'self == oldSelf',
        message: 'a cluster profile never changes; create another with a new version',
      },
      {
        rule: valuesFit(),
        message: `the values of all packs together are larger than ${MAX_VALUES_BYTES} bytes`,
      },
    ],
  });

export type ClusterProfileSpec = z.infer<typeof ClusterProfileSpec>;

export const ClusterProfile: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: 'ClusterProfile',
  plural: 'clusterprofiles',
  singular: 'clusterprofile',
  shortNames: ['cprof'],
  scope: 'Cluster',
  description: 'An ordered, immutable, versioned list of packs with values.',
  spec: ClusterProfileSpec,
  columns: [{ name: 'Version', type: 'string', jsonPath: '.spec.version' }],
};

// The API server stores JSON, in which some characters take more bytes than in UTF-8 (Go's encoding/json escapes
// <, > and & too). CEL has no way to count them but to take them out: those that take 2 bytes, and those that take 6.
function valuesFit(): string {
  const without = (chars: readonly string[]) =>
    chars.reduce((text, char) => `${text}.replace(${char}, '')`, 'p.values');
  const two = without(["'\"'", "'\\\\'", "'\\n'", "'\\r'", "'\\t'"]);
  const six = without(["'<'", "'>'", "'&'", "'\\u2028'", "'\\u2029'"]);
  const stored = `size(bytes(p.values)) + size(p.values) - size(${two}) + 5 * (size(p.values) - size(${six}))`;
  return `self.packs.map(p, has(p.values) ? ${stored} : 0).sum() <= ${MAX_VALUES_BYTES}`;
}
