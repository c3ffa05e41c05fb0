import { z } from 'zod';
import type { CustomResource } from './custom-resource.ts';
import { GROUP, VERSION } from './group.ts';
import { KeyFingerprint, Time } from './names.ts';

export const EnrollmentSpec = z
  .strictObject({
    cluster: z.string().max(63).meta({ description: 'A Cluster of the same project.' }),
    tokenHash: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .meta({ description: 'The token itself is kept nowhere.' }),
    expiresAt: Time,
    autoAccept: z
      .boolean()
      .optional()
      .meta({ description: 'Who has the token needs nobody to accept the key.' }),
  })
  .meta({
    description: 'A token with which one agent may ask to be the agent of one cluster.',
    'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'an enrollment never changes' }],
  });
export type EnrollmentSpec = z.infer<typeof EnrollmentSpec>;

export const EnrollmentStatus = z.object({
  usedBy: KeyFingerprint.optional().meta({ description: 'The key that used the token; no other may.' }),
  usedAt: Time.optional(),
  acceptedAt: Time.optional().meta({
    description: 'When the key was accepted by autoAccept, which happens once.',
  }),
});
export type EnrollmentStatus = z.infer<typeof EnrollmentStatus>;

export const Enrollment: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: 'Enrollment',
  plural: 'enrollments',
  singular: 'enrollment',
  shortNames: [],
  scope: 'Namespaced',
  description: 'A single-use token for an agent to join with.',
  // A token that was used or taken back must not be good again.
  rollback: 'never',
  spec: EnrollmentSpec,
  status: EnrollmentStatus,
  columns: [
    { name: 'Cluster', type: 'string', jsonPath: '.spec.cluster' },
    { name: 'Expires', type: 'date', jsonPath: '.spec.expiresAt' },
    { name: 'Used', type: 'date', jsonPath: '.status.usedAt' },
  ],
};
