import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import type { AgentLog } from '../../agent/log.ts';
import { WorkQueue, type WorkQueueOptions } from '../../hub/controller/work-queue.ts';
import { MachinesInClouds } from '../addresses/machines-in-clouds.ts';
import { keepCertificates } from '../certificates/keep-certificates.ts';
import { workOnAccount } from './account-work.ts';
import { workOnCluster } from './cluster-work.ts';
import { workOnMachine } from './machine-work.ts';
import { CAPI } from './names.ts';
import { OpenAccounts } from './open-accounts.ts';
import { accountKeyOf } from './stored.ts';
import { WatchedInfra } from './watched-infra.ts';
import type { Again, InfraWorld } from './world.ts';

export interface ControllersOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** How many machines are worked on at once. */
  readonly maxConcurrent: number;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly log: AgentLog;
  readonly signal: AbortSignal;
}

const PAUSE_MS = 5000;
const ACCOUNTS_AT_ONCE = 4;
const CLUSTERS_AT_ONCE = 8;
/** What comes in bursts, as all machines of a cluster, is one look. */
const SETTLE_MS = 200;

/** Runs all controllers until the signal is aborted, and ends all sessions. */
export async function runControllers(options: ControllersOptions): Promise<void> {
  const { client, namespace, maxConcurrent, clock, now, log, signal } = options;
  const watched = new WatchedInfra((key, detail) => log.warn({ key, detail }, 'an object is left out'));
  const accounts = new OpenAccounts(client, now);
  const [inClouds, withoutStrays] = [new MachinesInClouds(), new Set<string>()];
  const world: InfraWorld = {
    client,
    watched,
    accounts,
    inClouds,
    withoutStrays,
    namespace,
    clock,
    now,
    log,
  };
  const queue = (what: string, atOnce: number, work: Work) =>
    new WorkQueue({
      clock,
      atOnce,
      work: async (key, stop) => await work(world, key, stop),
      onError: (key, error) => log.error(error, `${what} ${key}: it is tried again`),
    } satisfies WorkQueueOptions);
  const queues: Queues = {
    accounts: queue('account', ACCOUNTS_AT_ONCE, workOnAccount),
    clusters: queue('cluster', CLUSTERS_AT_ONCE, workOnCluster),
    machines: queue('machine', maxConcurrent, workOnMachine),
  };
  const following = watched.follow(client, { signal, clock, pauseMs: PAUSE_MS });
  try {
    await Promise.race([watched.listed, aborted(signal)]);
    wake(watched, queues);
    await Promise.all([
      ...Object.values(queues).map(async (one) => await one.run(signal)),
      keepCertificates({ client, namespace, clock, now, log, signal }),
    ]);
  } finally {
    await following;
    await accounts.close();
  }
}

type Work = (world: InfraWorld, key: string, signal: AbortSignal) => Promise<Again>;

interface Queues {
  readonly accounts: WorkQueue;
  readonly clusters: WorkQueue;
  readonly machines: WorkQueue;
}

/** Which objects are looked at for which changes. */
function wake(watched: WatchedInfra, { accounts, clusters, machines }: Queues): void {
  const clusterOf = (namespace: string, name: string | undefined) => {
    if (name !== undefined) clusters.add(`${namespace}/${name}`, SETTLE_MS);
  };
  const machinesOf = (key: string) => {
    for (const [one, { metadata }] of watched.machines.entries())
      if (`${metadata.namespace}/${metadata.labels[CAPI.clusterLabel]}` === key) machines.add(one);
  };
  watched.accounts.subscribe((key, before, now) => {
    if (before?.metadata.generation === now?.metadata.generation) return;
    accounts.add(key);
    for (const [one, cluster] of watched.clusters.entries())
      if (accountKeyOf(cluster) === key) clusters.add(one);
  });
  watched.clusters.subscribe((key, before, now) => {
    if (
      before?.metadata.generation !== now?.metadata.generation ||
      now?.metadata.deletionTimestamp !== undefined
    )
      clusters.add(key);
  });
  watched.capiClusters.subscribe((key, before, now) => {
    clusters.add(key, SETTLE_MS);
    const provisioned = (one: typeof now) => one?.status.initialization?.infrastructureProvisioned;
    if (provisioned(before) !== provisioned(now) || before?.spec.paused !== now?.spec.paused) machinesOf(key);
  });
  watched.machines.subscribe((key, before, now) => {
    const one = now ?? before;
    if (one !== undefined) clusterOf(one.metadata.namespace, one.metadata.labels[CAPI.clusterLabel]);
    const isOther =
      before?.metadata.generation !== now?.metadata.generation ||
      before?.metadata.deletionTimestamp !== now?.metadata.deletionTimestamp ||
      before?.metadata.ownerReferences.length !== now?.metadata.ownerReferences.length;
    if (now !== undefined && isOther) machines.add(key);
  });
  watched.capiMachines.subscribe((_key, before, now) => {
    const one = now ?? before;
    if (one === undefined) return;
    clusterOf(one.metadata.namespace, one.spec.clusterName);
    const data = (of: typeof now) => of?.spec.bootstrap.dataSecretName;
    const infra = one.spec.infrastructureRef?.name;
    // One that has come is what its SkerryMachine waits for; then the data is.
    const isOther = before === undefined || data(before) !== data(now);
    if (isOther && infra !== undefined) machines.add(`${one.metadata.namespace}/${infra}`);
  });
  watched.controlPlanes.subscribe((key) => clusters.add(key, SETTLE_MS));
  for (const pools of [watched.deployments, watched.machinePools])
    pools.subscribe((_key, before, now) => {
      const one = now ?? before;
      if (one !== undefined) clusterOf(one.metadata.namespace, one.spec.clusterName);
    });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
