import { z } from 'zod';
import { HealthRuleSchema } from '../../apply/health/health-rule.ts';
import { DigestSchema } from '../../content/descriptor.ts';
import { DriftPolicy } from '../api/drift-policy.ts';

/**
 * The desired state of a cluster: all that its agent has to know, in one signed and numbered text that names content by
 * digest. Nothing outside of it decides what is applied, and nothing is removed that it does not name.
 */
export const ENVELOPE_TYPE = 'application/vnd.skerry.desired-state.v1+json';

/** Which cluster of which project; `id` is the UID of its kube-system namespace, so that no other takes it for its own. */
export const ClusterIdentity = z.object({ project: z.string(), name: z.string(), id: z.string() });
export type ClusterIdentity = z.infer<typeof ClusterIdentity>;

/** As DriftPolicy, but what a newer hub adds to it is passed over and not refused. */
const Drift = z.object({
  mode: DriftPolicy.shape.mode,
  ignore: z
    .array(z.object({ kind: z.string().optional(), name: z.string().optional(), field: z.string() }))
    .optional(),
});

export const EnvelopeLayer = z.object({
  /** Unique in the envelope; also the name of the Helm release. */
  name: z.string(),
  namespace: z.string(),
  /** Where it comes from, for people and for adopting. */
  profile: z.object({ name: z.string(), version: z.string() }),
  pack: z.object({
    /** A name of `registries`. */
    registry: z.string(),
    repository: z.string(),
    version: z.string(),
    digest: DigestSchema,
  }),
  /** Preset and profile laid over each other, variables filled in; the pack's own defaults are in the pack. */
  values: z.record(z.string(), z.unknown()),
  /** Further values that are nobody else's business, as a JWE for the agent's sealing key; laid over `values`. */
  sealed: z.string().optional(),
  /** A keyed hash of what is sealed, by which the hub alone can tell whether it has changed. */
  sealedMark: z.string().optional(),
  /** Layers that must be ready first. */
  dependsOn: z.array(z.string()),
  timeoutSeconds: z.int(),
  health: z.array(HealthRuleSchema),
  drift: Drift,
  onRemove: z.enum(['prune', 'keep']),
});
export type EnvelopeLayer = z.infer<typeof EnvelopeLayer>;

export const EnvelopeRegistry = z.object({
  name: z.string(),
  /** As openRemote takes it. */
  address: z.string(),
  ca: z.string().optional(),
  /** A cache of it nearby, asked first and with the same credentials; an agent that knows of none asks the registry. */
  cache: z.object({ address: z.string(), ca: z.string().optional() }).optional(),
  /** `{"username", "password"}` as a JWE for the agent's sealing key. */
  sealed: z.string().optional(),
  sealedMark: z.string().optional(),
});
export type EnvelopeRegistry = z.infer<typeof EnvelopeRegistry>;

/** How a hub is reached and known. All of them hold at once, so that an address or an authority can change by and by. */
export const HubDoor = z.object({
  urls: z.array(z.string()).min(1),
  /** Certificates (PEM) of authorities. */
  authorities: z.array(z.string()).min(1),
  /** Public keys (PEM) that sign envelopes. */
  keys: z.array(z.string()).min(1),
});
export type HubDoor = z.infer<typeof HubDoor>;

export const Envelope = z.object({
  version: z.literal(1),
  cluster: ClusterIdentity,
  /** Grows by each envelope of a cluster; a lower one is never accepted again. */
  number: z.int().min(1),
  issuedAt: z.string(),
  layers: z.array(EnvelopeLayer),
  /** Layers of earlier envelopes that are to go, until the agent has reported them gone. */
  remove: z.array(z.object({ name: z.string(), namespace: z.string(), onRemove: z.enum(['prune', 'keep']) })),
  registries: z.array(EnvelopeRegistry),
  hub: HubDoor,
  /** What the agent itself is to become; left alone when absent. */
  agent: z.object({ version: z.string(), image: z.string() }).optional(),
  paused: z.boolean(),
  /** Names of the features that it makes use of (features.ts): an agent that lacks one does not take it. */
  requires: z.array(z.string().max(63)).max(64).optional(),
});
export type Envelope = z.infer<typeof Envelope>;
