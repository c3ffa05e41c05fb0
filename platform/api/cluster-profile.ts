import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';
import { PackName, PackVersion } from '../../content/pack-format.ts';
import type { CustomResource } from './custom-resource.ts';
import { DriftPolicy } from './drift-policy.ts';
import { GROUP, VERSION } from './group.ts';
import { AnyValue, LabelName, ProfileName, ProfileVersion } from './names.ts';

/**
 * Bounds of a profile. They keep the object under 64 KiB as the API server stores it: 32 packs and the values of all of
 * them, counted as JSON. Values only hold what differs from the pack's own defaults.
 */
export const MAX_PACKS = 32;
export const MAX_VALUES_BYTES = 24 * 1024;
const MAX_VARIABLES = 32;

// YAML does not allow other controls unescaped either. Both JavaScript and RE2, which the API server reads patterns
// with, know this way to write it.
const NO_CONTROLS = /^(\P{Cc}|[\t\n\r])*$/u;

const PackReference = z
  .strictObject({
    name: PackName.meta({
      description: 'Name of the pack in the registry; also of the layer that it makes.',
    }),
    version: PackVersion.meta({ description: 'Version of the pack.' }),
    digest: DigestSchema.meta({
      description:
        "Digest of the pack's manifest; it decides what is applied, name and version are for people.",
      type: 'string',
      pattern: '^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$',
      maxLength: 135,
    }),
    registry: LabelName.optional().meta({
      description: "A PackRegistry of the project; the platform's own registry when absent.",
    }),
    namespace: LabelName.optional().meta({
      description: "Where it is applied; the pack's name when absent.",
    }),
    preset: LabelName.optional().meta({ description: "One of the pack's presets, laid over its defaults." }),
    values: z.string().max(MAX_VALUES_BYTES).regex(NO_CONTROLS).optional().meta({
      description: "YAML laid over the pack's default values, variables filled in.",
    }),
    dependsOn: z.array(PackName).max(8).optional().meta({
      description:
        'Packs of the same cluster that must be ready first, besides those that the pack asks for itself.',
    }),
    timeoutSeconds: z.int().min(10).max(7200).optional().meta({
      description: 'For its hooks and for its health gate, each; 300 when absent.',
    }),
    drift: DriftPolicy.optional().meta({
      description: "What is done about drift; the cluster's policy when absent.",
    }),
    onRemove: z.enum(['prune', 'keep']).optional().meta({
      description: 'What becomes of its objects when it leaves the cluster; prune when absent.',
    }),
  })
  .meta({ description: 'A pack at one version.' });
export type PackReference = z.infer<typeof PackReference>;

export const Variable = z
  .strictObject({
    name: z
      .string()
      .max(40)
      .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/),
    description: z.string().max(200).optional(),
    type: z.enum(['string', 'integer', 'boolean']).optional().meta({ description: 'string when absent.' }),
    default: AnyValue.optional(),
    pattern: z.string().max(200).optional().meta({ description: 'A regular expression (RE2) for texts.' }),
    required: z.boolean().optional(),
    sensitive: z.boolean().optional().meta({ description: 'Only given by a Secret, and never shown.' }),
  })
  .meta({ description: 'Something that differs from cluster to cluster.' });
export type Variable = z.infer<typeof Variable>;

export const ClusterProfileSpec = z
  .strictObject({
    name: ProfileName.meta({ description: 'Name of the profile, the same for all its versions.' }),
    version: ProfileVersion.meta({ description: 'Version of the profile.' }),
    description: z.string().max(500).optional(),
    variables: z
      .array(Variable)
      .max(MAX_VARIABLES)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
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
  scope: 'Namespaced',
  description: 'An ordered, immutable, versioned list of packs with values.',
  spec: ClusterProfileSpec,
  rules: [
    {
      rule: "self.metadata.name == self.spec.name + '-' + self.spec.version",
      message: 'the object of a profile is named NAME-VERSION',
    },
  ],
  columns: [
    { name: 'Profile', type: 'string', jsonPath: '.spec.name' },
    { name: 'Version', type: 'string', jsonPath: '.spec.version' },
  ],
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
