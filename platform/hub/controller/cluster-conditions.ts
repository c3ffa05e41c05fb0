import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../../apply/client/client.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { ClusterStatus } from '../../api/cluster.ts';
import type { Condition } from '../../api/cluster-status.ts';
import type { RevisionSummary } from '../watched/revision-summary.ts';
import { keyOf, referenceTo, StoredCluster } from '../watched/stored.ts';
import { BEHIND } from './adoption.ts';
import { conditionOf, withCondition } from './conditions.ts';
import { updateStatus } from './update-status.ts';

/** What conditions are written with. */
export interface ConditionsWorld {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly now: () => Date;
}

type Conditions = Record<string, readonly [status: Condition['status'], reason: string, message: string]>;

/** Writes conditions and fields of a cluster's status, where they differ from what was seen last. */
export async function say(
  { client, now }: ConditionsWorld,
  { metadata, status: seen }: StoredCluster,
  conditions: Readonly<Conditions>,
  fields: Partial<ClusterStatus>,
  signal: AbortSignal,
): Promise<void> {
  const next = (status: StoredCluster['status']) => {
    let all = status.conditions;
    for (const [type, [value, reason, message]] of Object.entries(conditions))
      all = withCondition(all, { type, status: value, reason, message }, now());
    // The phase follows from reports; a status has to have one.
    return { phase: status.phase ?? 'Pending', ...fields, conditions: all };
  };
  // A change meanwhile is seen later, and then it is looked at again.
  if (isDeepStrictEqual({ ...seen, ...next(seen) }, seen)) return;
  const reference = referenceTo('Cluster', keyOf(metadata.namespace, metadata.name));
  await updateStatus(client, reference, (object) => next(StoredCluster.parse(object).status), signal);
}

/** What was compiled, and whether it is released. */
export async function sayCompiled(
  world: ConditionsWorld,
  cluster: StoredCluster,
  newest: RevisionSummary | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { status, metadata } = cluster;
  const conditions: Conditions = {
    Enrolled: ['True', 'Accepted', 'an agent was accepted'],
    Compiled: ['True', 'Compiled', newest === undefined ? '' : `envelope ${newest.number}: ${newest.cause}`],
    Released:
      newest?.released === false
        ? ['False', 'WindowClosed', `envelope ${newest.number} waits for a maintenance window`]
        : ['True', 'Released', ''],
  };
  if (conditionOf(status.conditions, BEHIND)?.status === 'True')
    conditions[BEHIND] = ['False', 'Changed', 'the cluster was changed since'];
  const at = status.desired?.digest === newest?.digest ? status.desired?.at : undefined;
  const desired =
    newest === undefined
      ? {}
      : { desired: { number: newest.number, digest: newest.digest, at: at ?? world.now().toISOString() } };
  const fields = { observedGeneration: metadata.generation, ...desired };
  await say(world, cluster, conditions, fields, signal);
}

/** What the cluster has stays, and it is tried again; who looks at the cluster must see why nothing happens. */
export async function sayFailed(
  world: ConditionsWorld,
  cluster: StoredCluster,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  // Another hub, or somebody at the cluster, was faster: the next look says more.
  if (signal.aborted || isSkerryError(error, 'OBJECT_CHANGED')) return;
  const [reason, message] = isSkerryError(error)
    ? [error.code, `${error.subject}${error.detail === undefined ? '' : `: ${error.detail}`}`]
    : ['HUB_FAILED', "the hub's log says more"];
  const conditions = { Compiled: ['Unknown', reason, message] } as const;
  await say(world, cluster, conditions, {}, signal).catch(() => undefined);
}
