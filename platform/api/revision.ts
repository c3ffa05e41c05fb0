import { z } from 'zod';
import type { CustomResource } from './custom-resource.ts';
import { GROUP, VERSION } from './group.ts';
import { Time } from './names.ts';

/** An object is at most 64 KiB; base64 and managed fields take their part. */
export const MAX_ENVELOPE_BYTES = 44 * 1024;

export const ClusterRevisionSpec = z
  .strictObject({
    cluster: z.string().max(63),
    number: z.int().min(1),
    digest: z.string().max(135).meta({ description: 'SHA-256 of the envelope as it is signed.' }),
    envelope: z.string().max(62_000).meta({ description: 'The signed envelope (DSSE, JSON).' }),
    cause: z.string().max(300).meta({ description: 'What changed, for people.' }),
    releasedAt: Time.optional().meta({
      description: 'From when on it may be sent; a maintenance window may hold it.',
    }),
  })
  .meta({ description: 'A desired state as it is sent to the agent of a cluster.' });
export type ClusterRevisionSpec = z.infer<typeof ClusterRevisionSpec>;

export const ClusterRevision: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: 'ClusterRevision',
  plural: 'clusterrevisions',
  singular: 'clusterrevision',
  shortNames: ['crev'],
  scope: 'Namespaced',
  description: 'A numbered, signed desired state of a cluster. Made by the hub.',
  // Agents know the numbers that were given out.
  rollback: 'never',
  spec: ClusterRevisionSpec,
  answered: ClusterRevisionSpec.extend({
    envelope: ClusterRevisionSpec.shape.envelope.optional().meta({
      description: 'The signed envelope (DSSE, JSON); lists and watches leave it out.',
    }),
  }),
  columns: [
    { name: 'Cluster', type: 'string', jsonPath: '.spec.cluster' },
    { name: 'Number', type: 'integer', jsonPath: '.spec.number' },
    { name: 'Cause', type: 'string', jsonPath: '.spec.cause' },
  ],
};
