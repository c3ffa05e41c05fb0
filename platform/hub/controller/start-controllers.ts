import { systemClock } from '../../../apply/clock.ts';
import { takeLease } from '../../../apply/lease.ts';
import type { Report } from '../../desired/report.ts';
import { platformError } from '../../errors.ts';
import type { Revisions, StatusSink } from '../door/ports.ts';
import { FleetStatus } from '../fleet-status/fleet-status.ts';
import { type RolloutWorld, workOnRollout } from '../rollout/rollout-work.ts';
import { keyOf } from '../watched/stored.ts';
import { type ClusterWorld, workOnCluster } from './cluster-work.ts';
import type { ControllersOptions } from './controllers-options.ts';
import { gatewayControllers } from './gateway-controllers.ts';
import { KeptEnvelopes } from './kept-envelopes.ts';
import { KeptRevisions } from './kept-revisions.ts';
import { packLookUp } from './pack-look-up.ts';
import { ProjectObjects } from './project-objects.ts';
import { WorkQueue } from './work-queue.ts';

export interface Controllers {
  /** What the agents' door asks and tells; good in every hub, whichever leads. */
  readonly revisions: Revisions;
  readonly status: StatusSink;
  /** What plans of changes are made with. */
  readonly planning: Planning;
  /** Looks at every cluster again: what is in all envelopes has changed. */
  readonly lookAtAll: () => void;
  /** Settled once they have stopped, after the signal was aborted. */
  readonly stopped: Promise<void>;
}

/** What compiles clusters, and the clusters of a project. */
export type Planning = Omit<ClusterWorld, 'gatewayPlan'> &
  Pick<RolloutWorld, 'clusters' | 'rollout' | 'rollouts'>;

const LEASE = 'skerry-hub-controller';
const LEASE_WAIT_MS = 30_000;
const AGAIN_MS = 5000;
/** Most of the work on a cluster is waiting for the API server. */
const CLUSTERS_AT_ONCE = 8;
/** A rollout looks at all its clusters: what comes meanwhile is one look. */
const ROLLOUT_MS = 250;

/**
 * Starts what turns objects into envelopes, and reports into status. One hub of several does it at a time; the others
 * wait for its lease. The agents' door calls what is given back.
 */
export function startControllers(options: ControllersOptions): Controllers {
  const { revisions, fleet, listed, look, lookAtAll, planning, keep, run } = buildControllers(options);
  const status: StatusSink = {
    seen: ({ project, name }, seen) => fleet.seen(keyOf(project, name), seen),
    duplicated: ({ project, name }) => fleet.duplicated(keyOf(project, name)),
    reported: async ({ project, name, key }, report, digest, transport) => {
      fleet.reported(keyOf(project, name), report, { number: report.number, digest, key }, transport);
      look(keyOf(project, name), report);
    },
    lastReport: async ({ project, name, key }) => {
      await listed();
      const last = fleet.lastReport(keyOf(project, name));
      if (last?.key !== key) return undefined;
      const isElsewhere = fleet.report(keyOf(project, name)) === undefined;
      return { number: last.number, digest: last.digest, ...(isElsewhere ? { isElsewhere } : {}) };
    },
  };
  const stopped = Promise.all([keep(options.signal), lead(options, run)]).then(() => undefined);
  return { revisions, status, lookAtAll, planning, stopped };
}

function buildControllers(options: ControllersOptions) {
  const { client, watched, log, clock = systemClock, now = () => new Date() } = options;
  const failed = (what: string) => (key: string, err: unknown) => log.warn({ err, key }, `${what} failed`);
  let isLeading = false;
  const envelopes = new KeptEnvelopes(client);
  const objects = new ProjectObjects(watched);
  const revisions = new KeptRevisions({ client, objects, envelopes, now, signal: options.signal });
  const fleet = new FleetStatus({
    client,
    cluster: (key) => objects.cluster(key),
    clock,
    now,
    leads: () => isLeading,
    onError: failed('writing the status of a cluster'),
  });
  const gateways = gatewayControllers(options, { objects, envelopes, fleet, failed });
  const world: ClusterWorld & RolloutWorld = {
    ...options,
    gatewayPlan: gateways.plans,
    nearCache: (cluster) => gateways.plans.nearCache(cluster),
    now,
    made: (revision) => watched.revisions.put(revision),
    cluster: (key) => objects.cluster(key),
    clusters: (namespace) => objects.clusters(namespace),
    rollout: (key) => objects.rollout(key),
    rollouts: (namespace) => objects.rollouts(namespace),
    profile: (namespace, name) => objects.profile(namespace, name),
    registries: (namespace) => objects.registries(namespace),
    revisions: (key) => objects.revisions(key),
    envelopes,
    report: (key) => fleet.report(key),
    lookUp: packLookUp(options),
  };
  const clusterQueue = new WorkQueue({
    clock,
    atOnce: CLUSTERS_AT_ONCE,
    work: async (key, signal) => await workOnCluster(world, key, signal),
    onError: failed('compiling a cluster'),
  });
  const rolloutQueue = new WorkQueue({
    clock,
    atOnce: 1,
    work: async (key, signal) => await workOnRollout(world, key, signal),
    onError: failed('a rollout'),
  });
  // Every hub looks, so that its door can answer and it can take over at once, and says how those fare that it serves.
  objects.follow({
    onCluster: (key, isOwn) => {
      if (isOwn) fleet.changed(key);
      clusterQueue.add(key);
    },
    onRevision: (key) => revisions.changed(key),
    onRollout: (key) => rolloutQueue.add(key, ROLLOUT_MS),
  });
  gateways.follow((key) => clusterQueue.add(key));
  const keep = async (signal: AbortSignal) => {
    await Promise.all([fleet.run(signal), gateways.spreadQueue.run(signal)]);
  };
  const run = async (signal: AbortSignal) => {
    const stop = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([objects.listed(), stop]);
    isLeading = true;
    try {
      await allUntil(signal, [
        async (until) => await clusterQueue.run(until),
        async (until) => await rolloutQueue.run(until),
        async (until) => await gateways.madeQueue.run(until),
        async (until) => await gateways.gatewayQueue.run(until),
        async (until) => await options.alsoLed?.(until),
      ]);
    } finally {
      isLeading = false;
    }
  };
  // Only that an agent holds more than is known here is a reason to look at its cluster's revisions.
  const look = (key: string, { envelope, gateway }: Report) => {
    if (gateway !== undefined) gateways.spread(key);
    for (const rollout of objects.rolloutKeys(key)) rolloutQueue.add(rollout, ROLLOUT_MS);
    if (objects.revisions(key).every(({ number }) => number < envelope.number)) clusterQueue.add(key);
  };
  const lookAtAll = () => {
    for (const key of objects.allClusters()) clusterQueue.add(key);
  };
  const listed = async () => await objects.listed();
  return { revisions, fleet, listed, look, lookAtAll, planning: world, keep, run };
}

/** Does all of it until the signal is aborted; when one part fails the others end too, before its error is thrown. */
async function allUntil(
  outer: AbortSignal,
  parts: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const running = parts.map(async (part) => await part(signal));
  try {
    await Promise.all(running);
  } finally {
    stop.abort();
    await Promise.allSettled(running);
  }
}

/** Does the work while it holds the lease, and tries to get it again when it was lost. */
async function lead(
  { client, namespace, identity, log, clock = systemClock, signal }: ControllersOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const lease = await takeLease(client, {
        name: LEASE,
        namespace,
        labels: { 'app.kubernetes.io/part-of': 'skerry', 'app.kubernetes.io/managed-by': 'skerry-hub' },
        identity,
        signal,
        isGone: () => false,
        waitMs: LEASE_WAIT_MS,
        errorOf: (subject, detail) => platformError('CONTROLLER_NOT_LEADING', { subject, detail }),
        clock,
      });
      log.info({ identity }, 'the controllers run here');
      try {
        await work(lease.signal);
      } finally {
        await lease.release();
      }
    } catch (err) {
      if (signal.aborted) return;
      log.info({ err }, 'the controllers do not run here');
      await clock.sleep(AGAIN_MS, signal).catch(() => undefined);
    }
  }
}
