import type { KubeClient } from '../../../apply/client/client.ts';
import { objectAt } from '../../../apply/json.ts';
import { isSkerryError } from '../../../content/error.ts';
import { mapLimited } from '../../../content/limit.ts';
import type { Report } from '../../desired/report.ts';
import { isOpen } from '../compile/maintenance.ts';
import { conditionOf } from '../controller/conditions.ts';
import { updateStatus } from '../controller/update-status.ts';
import { reportedPhase } from '../fleet-status/cluster-status.ts';
import { keyOf, referenceTo, StoredCluster, type StoredRollout } from '../watched/stored.ts';
import { planRollout, type RolloutCluster } from './plan.ts';

const WRITES_AT_ONCE = 8;

export interface RolloutWorld {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly rollout: (key: string) => StoredRollout | undefined;
  /** All of a project. */
  readonly rollouts: (namespace: string) => readonly StoredRollout[];
  readonly clusters: (namespace: string) => readonly StoredCluster[];
  /** The latest report, which the status of its cluster may say only seconds later. */
  readonly report: (key: string) => Report | undefined;
  readonly now: () => Date;
}

/** Takes one step of a rollout. Gives when to look again, where time alone may change something. */
export async function workOnRollout(
  world: RolloutWorld,
  key: string,
  signal: AbortSignal,
): Promise<{ againMs?: number | undefined }> {
  const rollout = world.rollout(key);
  if (rollout === undefined || rollout.metadata.deletionTimestamp !== undefined) return {};
  const { metadata, spec, status } = rollout;
  const newer = supersededBy(rollout, world.rollouts(metadata.namespace));
  if (newer !== undefined) {
    await supersede(world, key, rollout, newer, signal);
    return {};
  }
  const members = world
    .clusters(metadata.namespace)
    .filter((cluster) => isMeant(cluster, rollout))
    .map((cluster) => memberOf(cluster, rollout, world));
  const plan = planRollout({ spec, status, generation: metadata.generation }, members, world.now());
  // First what is meant, then what is done: a plan that is cut off in between is carried on.
  await updateStatus(world.client, referenceTo('Rollout', key), () => plan.status, signal);
  await mapLimited(plan.updates, WRITES_AT_ONCE, async ({ cluster, version }) => {
    await setVersion(world, keyOf(metadata.namespace, cluster), spec.profile, version, signal);
  });
  return { againMs: plan.againMs };
}

/** Two that bring the same profile to different versions would fight: the newer one is what somebody wants now. */
export function supersededBy(rollout: StoredRollout, all: readonly StoredRollout[]): string | undefined {
  const { phase } = rollout.status ?? {};
  if (phase === 'Complete' || phase === 'Stopped') return undefined;
  const order = ({ metadata }: StoredRollout) => `${metadata.creationTimestamp} ${metadata.name}`;
  return all.find(
    (other) =>
      other.spec.profile === rollout.spec.profile &&
      order(other) > order(rollout) &&
      other.metadata.deletionTimestamp === undefined,
  )?.metadata.name;
}

async function supersede(
  { client }: RolloutWorld,
  key: string,
  { metadata, status }: StoredRollout,
  newer: string,
  signal: AbortSignal,
): Promise<void> {
  const zero = { total: 0, updated: 0, ready: 0, failed: 0, offline: 0 };
  const message = `the newer rollout ${newer} is about the same profile`;
  const stopped = { ...zero, ...status, phase: 'Stopped', message, observedGeneration: metadata.generation };
  await updateStatus(client, referenceTo('Rollout', key), () => stopped, signal);
}

/** Whether a rollout is about a cluster. */
export function isMeant({ metadata, spec }: StoredCluster, rollout: Pick<StoredRollout, 'spec'>): boolean {
  const { profile, selector = {} } = rollout.spec;
  return (
    metadata.deletionTimestamp === undefined &&
    (spec.profiles ?? []).some(({ name }) => name === profile) &&
    Object.entries(selector).every(([label, value]) => metadata.labels[label] === value)
  );
}

export function memberOf(
  { metadata, spec, status }: StoredCluster,
  rollout: Pick<StoredRollout, 'spec'>,
  { report, now }: Pick<RolloutWorld, 'report' | 'now'>,
): RolloutCluster {
  const isCompiled =
    status.observedGeneration === metadata.generation &&
    conditionOf(status.conditions, 'Compiled')?.status === 'True';
  const offline = status.phase === 'Unknown';
  const last = report(keyOf(metadata.namespace, metadata.name));
  const isSaid = spec.paused !== true && last !== undefined && reportedPhase(last, status) === 'Ready';
  const isWritten = status.phase === 'Ready' && status.applied?.digest === status.desired?.digest;
  return {
    name: metadata.name,
    version: spec.profiles?.find(({ name }) => name === rollout.spec.profile)?.version ?? '',
    ready: isCompiled && !offline && (isSaid || isWritten),
    offline,
    // Who is paused takes nothing new, and is no failure either.
    open: spec.paused !== true && isOpen(spec.policy?.maintenance, now()),
  };
}

/** Sets the version of a profile in a cluster, unless somebody is faster: then the next look says what to do. */
async function setVersion(
  { client }: RolloutWorld,
  key: string,
  profile: string,
  version: string,
  signal: AbortSignal,
): Promise<void> {
  const object = await client.get(referenceTo('Cluster', key), { signal });
  if (object === undefined) return;
  const { spec } = StoredCluster.parse(object);
  const profiles = (spec.profiles ?? []).map((use) => (use.name === profile ? { ...use, version } : use));
  try {
    await client.replace({ ...object, spec: { ...objectAt(object, 'spec'), profiles } }, { signal });
  } catch (error) {
    if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
  }
}
