import { z } from 'zod';
import { Condition } from './cluster-status.ts';
import type { CustomResource } from './custom-resource.ts';
import { GROUP, VERSION } from './group.ts';
import { ProfileName, ProfileVersion, Time } from './names.ts';

export const RolloutSpec = z
  .strictObject({
    profile: ProfileName,
    version: ProfileVersion.meta({ description: 'Where to; also an earlier version.' }),
    selector: z
      .record(z.string().max(316), z.string().max(63))
      .optional()
      .meta({ description: 'Labels of the clusters; all clusters with the profile when absent.' }),
    batch: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'Clusters at a time; a tenth of them when absent.' }),
    maxFailures: z.int().min(0).optional().meta({ description: 'More failures stop it; 0 when absent.' }),
    soakSeconds: z.int().min(0).max(604_800).optional().meta({
      description: 'How long a batch must stay ready before the next begins; 60 when absent.',
    }),
    deadlineSeconds: z.int().min(10).max(604_800).optional().meta({
      description: 'A connected cluster that is not ready by then has failed; 1800 when absent.',
    }),
    offline: z.enum(['skip', 'wait', 'fail']).optional().meta({
      description:
        'A silent cluster: skip updates it when it comes back, wait holds its batch; skip when absent.',
    }),
    maxOffline: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'More silent clusters stop it; no limit when absent.' }),
    paused: z.boolean().optional(),
  })
  .meta({ description: 'One version of a profile, brought to many clusters step by step.' });
export type RolloutSpec = z.infer<typeof RolloutSpec>;

export const RolloutStatus = z.object({
  phase: z.enum(['Running', 'Paused', 'Stopped', 'Complete']),
  message: z.string().max(500).optional(),
  total: z.int(),
  updated: z.int(),
  ready: z.int(),
  failed: z.int(),
  offline: z.int(),
  startedAt: Time.optional(),
  batchReadyAt: Time.optional(),
  observedGeneration: z.int().optional(),
  inFlight: z
    .array(
      z.object({
        cluster: z.string().max(63),
        since: Time,
        state: z.enum(['updating', 'failed']),
        arrived: z.boolean().optional().meta({ description: 'It was seen with the version.' }),
      }),
    )
    .max(400)
    .optional()
    .meta({ description: 'The clusters of the current batch, and those that failed.' }),
  conditions: z.array(Condition).max(8).optional(),
});
export type RolloutStatus = z.infer<typeof RolloutStatus>;

export const Rollout: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: 'Rollout',
  plural: 'rollouts',
  singular: 'rollout',
  shortNames: [],
  scope: 'Namespaced',
  description: 'Brings a version of a profile to many clusters, a batch at a time.',
  // Brought back without its status it would run again.
  rollback: 'never',
  spec: RolloutSpec,
  status: RolloutStatus,
  columns: [
    { name: 'Profile', type: 'string', jsonPath: '.spec.profile' },
    { name: 'Version', type: 'string', jsonPath: '.spec.version' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Ready', type: 'integer', jsonPath: '.status.ready' },
    { name: 'Total', type: 'integer', jsonPath: '.status.total' },
  ],
};
