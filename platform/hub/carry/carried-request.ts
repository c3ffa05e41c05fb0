import { z } from 'zod';
import type { CallOptions, KubeClient } from '../../../apply/client/client.ts';
import { textAt } from '../../../apply/json.ts';
import { isSkerryError } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { EnrollRequest } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import type { ClusterName } from '../door/ports.ts';

/**
 * What an agent has asked for by file, until the next stick answers it. None of it is a secret: the token is bound to
 * the key by then, and the rest is public.
 */
export const CarriedRequest = z.object({
  key: z.string(),
  publicKey: z.string(),
  csr: z.string().optional(),
  enroll: EnrollRequest.optional(),
});
export type CarriedRequest = z.infer<typeof CarriedRequest>;

/** A cluster, and the hub's own namespace. */
export interface Place extends ClusterName {
  readonly namespace: string;
}

type Client = Pick<KubeClient, 'get' | 'create' | 'replace'>;
const KEY = 'request';
const MAX_TRIES = 5;

export async function readCarried(
  client: Pick<KubeClient, 'get'>,
  cluster: Place,
  options: CallOptions,
): Promise<CarriedRequest | undefined> {
  const found = await client.get(referenceTo(cluster), options);
  return CarriedRequest.safeParse(tryJson(textAt(found, 'data', KEY) ?? '')).data;
}

/** Throws CLUSTER_CHANGING. */
export async function writeCarried(
  client: Client,
  cluster: Place,
  request: CarriedRequest,
  options: CallOptions,
): Promise<void> {
  const data = { [KEY]: JSON.stringify(request) };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await client.get(referenceTo(cluster), options);
    try {
      if (found === undefined) await client.create({ ...referenceTo(cluster), data }, options);
      else await client.replace({ ...found, data }, options);
      return;
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
    }
  }
  throw platformError('CLUSTER_CHANGING', { subject: nameFor(cluster) });
}

function nameFor({ project, name }: ClusterName): string {
  return `skerry-carry-${project}.${name}`;
}

function referenceTo({ namespace, ...cluster }: Place) {
  const metadata = {
    namespace,
    name: nameFor(cluster),
    labels: { 'app.kubernetes.io/managed-by': 'skerry-hub' },
  };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}
