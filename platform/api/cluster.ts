import { z } from 'zod';
import { Condition, DriftItem, LayerState } from './cluster-status.ts';
import type { CustomResource } from './custom-resource.ts';
import { DriftPolicy } from './drift-policy.ts';
import { GROUP, VERSION } from './group.ts';
import { InfrastructureState } from './infrastructure.ts';
import { AnyValue, KeyFingerprint, ProfileName, ProfileVersion, SecretKey, Time } from './names.ts';
import { Provisioning } from './provisioning.ts';

const VariableValue = z.strictObject({
  name: z.string().max(40),
  value: AnyValue.optional(),
  secret: SecretKey.optional().meta({ description: 'For sensitive variables.' }),
});

export const ProfileUse = z.strictObject({
  name: ProfileName,
  version: ProfileVersion,
  variables: z.array(VariableValue).max(32).optional(),
});
export type ProfileUse = z.infer<typeof ProfileUse>;

/** A window in which changes may begin. */
export const MaintenanceWindow = z.strictObject({
  days: z
    .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
    .max(7)
    .optional(),
  start: z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/),
  minutes: z.int().min(1).max(1440),
  timeZone: z.string().max(64).optional().meta({ description: 'An IANA name; UTC when absent.' }),
});
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>;

export const ClusterSpec = z
  .strictObject({
    profiles: z
      .array(ProfileUse)
      .max(8)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
    agent: z
      .strictObject({
        key: KeyFingerprint.optional().meta({
          description: 'The key of the agent that was accepted; without it no agent is served.',
        }),
        version: z
          .string()
          .max(64)
          .optional()
          .meta({ description: 'Which agent is to run; left alone when absent.' }),
      })
      .optional(),
    policy: z
      .strictObject({
        drift: DriftPolicy.optional().meta({
          description: 'For layers that say nothing else; correct when absent.',
        }),
        maintenance: z
          .array(MaintenanceWindow)
          .max(8)
          .optional()
          .meta({ description: 'Any time when absent.' }),
        allowEmpty: z.boolean().optional().meta({
          description: 'Without profiles the cluster loses all its layers; else it keeps them then.',
        }),
      })
      .optional(),
    paused: z
      .boolean()
      .optional()
      .meta({ description: 'Nothing new is sent, and the agent corrects nothing.' }),
    kubeconfig: SecretKey.optional().meta({
      description: 'With which the hub puts the agent there itself.',
    }),
    access: z
      .strictObject({
        server: z
          .string()
          .max(300)
          .regex(/^https:\/\/[^\s/?#@]+\/?$/)
          .meta({ description: 'https://HOST[:PORT] of its API server.' }),
        ca: z.string().max(16_384).optional().meta({ description: 'Certificates (PEM) trusted for it.' }),
      })
      .optional()
      .meta({
        description:
          'How people reach its API server, for the kubeconfigs that the hub gives. Nothing secret; the hub itself does not use it.',
      }),
    provision: Provisioning.optional(),
  })
  .meta({
    description: 'A managed cluster.',
    'x-kubernetes-validations': [
      {
        rule: '!has(oldSelf.provision) || has(self.provision)',
        message: 'a cluster that was made stays one: delete it, or leave its machines by provision.deletion',
      },
      {
        rule: '!has(oldSelf.provision) || !has(self.provision) || (self.provision.account == oldSelf.provision.account && has(self.provision.accountProject) == has(oldSelf.provision.accountProject) && (!has(self.provision.accountProject) || self.provision.accountProject == oldSelf.provision.accountProject))',
        message: 'machines do not move to another account',
      },
    ],
  });
export type ClusterSpec = z.infer<typeof ClusterSpec>;

const Mark = z.strictObject({ number: z.int(), digest: z.string(), at: Time });

export const ClusterStatus = z.object({
  phase: z
    .enum([
      'Pending',
      'Provisioning',
      'Enrolling',
      'Applying',
      'Ready',
      'Degraded',
      'Failed',
      'Unknown',
      'Paused',
    ])
    .meta({ description: 'Unknown: the agent is silent, whatever it said last.' }),
  observedGeneration: z.int().optional(),
  id: z.string().max(64).optional().meta({ description: "UID of the cluster's kube-system namespace." }),
  sealingKey: z
    .record(z.string(), AnyValue)
    .optional()
    .meta({ description: 'Public key (JWK) of the agent that secrets are sealed for.' }),
  /** Who asks to be this cluster's agent and was not accepted yet. */
  request: z.object({ key: KeyFingerprint, at: Time, from: z.string().max(100).optional() }).optional(),
  desired: Mark.optional().meta({ description: 'The envelope that was made last.' }),
  applied: Mark.optional().meta({ description: 'The envelope that was complete last.' }),
  held: z
    .object({ number: z.int(), digest: z.string().max(135), removed: z.array(z.string().max(63)).max(64) })
    .optional()
    .meta({ description: 'The envelope that the agent holds, and what it has removed by its word.' }),
  completedAfterSeconds: z.number().optional(),
  agent: z
    .object({
      seen: Time,
      version: z.string().max(64),
      transport: z.enum(['network', 'file']),
      certificateUntil: Time.optional(),
      features: z
        .array(z.string().max(63))
        .max(64)
        .optional()
        .meta({ description: 'What it knows that the first agents did not.' }),
    })
    .optional(),
  report: z
    .strictObject({ number: z.int(), digest: z.string().max(135), key: KeyFingerprint })
    .optional()
    .meta({ description: 'The latest report that was taken, and the key that signed it.' }),
  kubernetes: z.string().max(64).optional(),
  nodes: z.object({ ready: z.int(), total: z.int() }).optional(),
  layers: z.array(LayerState).max(64).optional(),
  drift: z
    .object({
      count: z.int().meta({ description: 'How many objects differ now; what was put back is not counted.' }),
      top: z
        .array(DriftItem)
        .max(10)
        .meta({ description: 'Some of what differs now, then some of what was put back lately.' }),
    })
    .optional(),
  infrastructure: InfrastructureState.optional().meta({
    description: 'How its machines fare, where it was made; from its gateway.',
  }),
  conditions: z.array(Condition).max(16).optional(),
});
export type ClusterStatus = z.infer<typeof ClusterStatus>;

export const Cluster: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: 'Cluster',
  plural: 'clusters',
  singular: 'cluster',
  shortNames: ['skc'],
  scope: 'Namespaced',
  description: 'A managed cluster: which profiles it gets, who its agent is, and how it fares.',
  spec: ClusterSpec,
  status: ClusterStatus,
  rules: [
    { rule: 'size(self.metadata.name) <= 63', message: 'the name of a cluster has at most 63 characters' },
    {
      rule: '!has(self.spec.provision) || !has(self.spec.provision.abandon) || self.spec.provision.abandon == self.metadata.name',
      message: 'provision.abandon is the name of the cluster',
    },
  ],
  // Accepting an agent is writing its key, and revoking it is taking it out: neither is undone.
  rollback: { leaves: ['spec.agent.key'] },
  uninstallLoses:
    'What runs in managed clusters stays, and their agents go on without a hub; but the authority that they trust goes with the hub: after another installation each cluster has to be made known and enrolled again.',
  columns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Desired', type: 'integer', jsonPath: '.status.desired.number' },
    { name: 'Applied', type: 'integer', jsonPath: '.status.applied.number' },
    { name: 'Drift', type: 'integer', jsonPath: '.status.drift.count' },
    { name: 'Seen', type: 'date', jsonPath: '.status.agent.seen' },
  ],
};
