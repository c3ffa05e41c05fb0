import type { KubeClient } from '../../../apply/client/client.ts';
import { Cluster } from '../../api/cluster.ts';
import { Enrollment } from '../../api/enrollment.ts';
import { API_VERSION } from '../../api/group.ts';
import { platformError } from '../../errors.ts';
import type { ClusterName } from '../door/ports.ts';
import { clusterReference } from './stored.ts';
import { hashToken, makeToken, type Token, writeToken } from './token.ts';

export interface MakeEnrollmentOptions {
  readonly client: Pick<KubeClient, 'get' | 'create'>;
  /** The time of day. */
  readonly now: () => Date;
  /** Lower-case letters and digits, never the same twice. */
  readonly randomId: () => string;
  /** The token of an enrollment; a random one when absent. */
  readonly tokenOf?: ((project: string, enrollment: string) => Token) | undefined;
}

export interface WantedEnrollment extends ClusterName {
  readonly ttlSeconds: number;
  readonly autoAccept?: boolean | undefined;
}

export interface MadeEnrollment {
  readonly name: string;
  /** Shown this once; only its hash is kept. */
  readonly token: string;
  readonly expiresAt: string;
}

/** Makes an Enrollment for a cluster. Throws CLUSTER_NOT_FOUND and the CLUSTER_ codes. */
export async function makeEnrollment(
  { client, now, randomId, tokenOf = makeToken }: MakeEnrollmentOptions,
  { project, name: cluster, ttlSeconds, autoAccept }: WantedEnrollment,
  signal: AbortSignal,
): Promise<MadeEnrollment> {
  const object = await client.get(clusterReference(project, cluster), { signal });
  const { uid } = object?.metadata ?? {};
  if (uid === undefined) throw platformError('CLUSTER_NOT_FOUND', { subject: `${project}/${cluster}` });
  const name = `e-${randomId()}`;
  const token = tokenOf(project, name);
  const expiresAt = new Date(now().getTime() + ttlSeconds * 1000).toISOString();
  const spec = {
    cluster,
    tokenHash: hashToken(token),
    expiresAt,
    ...(autoAccept === undefined ? {} : { autoAccept }),
  };
  // It goes with its cluster: a token for a cluster that was deleted must not let anybody into its successor.
  const owner = { apiVersion: API_VERSION, kind: Cluster.kind, name: cluster, uid };
  await client.create(
    {
      apiVersion: API_VERSION,
      kind: Enrollment.kind,
      metadata: { namespace: project, name, ownerReferences: [owner] },
      spec,
    },
    { signal },
  );
  return { name, token: writeToken(token), expiresAt };
}
