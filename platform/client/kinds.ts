import { z } from 'zod';
import { kinds } from '../api/kinds.ts';
import type { Kind, StoredObject } from './objects/objects.ts';
import { operations } from './operations.ts';

const ITEM = '/api/v1/projects/{project}';

export const clusters = {
  kind: 'Cluster',
  plural: 'clusters',
  answer: operations[`GET ${ITEM}/clusters/{name}`].answer,
};
export type Cluster = z.infer<typeof clusters.answer>;

export const profiles = {
  kind: 'ClusterProfile',
  plural: 'clusterprofiles',
  answer: operations[`GET ${ITEM}/clusterprofiles/{name}`].answer,
};
export type Profile = z.infer<typeof profiles.answer>;

export const accounts = {
  kind: 'CloudAccount',
  plural: 'cloudaccounts',
  answer: operations[`GET ${ITEM}/cloudaccounts/{name}`].answer,
};
export type Account = z.infer<typeof accounts.answer>;

export const gateways = {
  kind: 'Gateway',
  plural: 'gateways',
  answer: operations[`GET ${ITEM}/gateways/{name}`].answer,
};
export type Gateway = z.infer<typeof gateways.answer>;

export const revisions = {
  kind: 'ClusterRevision',
  plural: 'clusterrevisions',
  answer: operations[`GET ${ITEM}/clusterrevisions/{name}`].answer,
};
export type Revision = z.infer<typeof revisions.answer>;

export const rollouts = {
  kind: 'Rollout',
  plural: 'rollouts',
  answer: operations[`GET ${ITEM}/rollouts/{name}`].answer,
};
export type Rollout = z.infer<typeof rollouts.answer>;

export const alerts = {
  kind: 'Alert',
  plural: 'alerts',
  answer: operations[`GET ${ITEM}/alerts/{name}`].answer,
};
export type Alert = z.infer<typeof alerts.answer>;

export const receivers = {
  kind: 'AlertReceiver',
  plural: 'alertreceivers',
  answer: operations[`GET ${ITEM}/alertreceivers/{name}`].answer,
};
export type Receiver = z.infer<typeof receivers.answer>;

const Stored = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
  version: z.string(),
  spec: z.unknown(),
});

/** Every kind by what files call it, as an object that nothing more is known of. */
export const anyKind: ReadonlyMap<string, Kind<StoredObject>> = new Map(
  kinds.map(({ kind, plural }) => [kind, { kind, plural, answer: Stored }]),
);
