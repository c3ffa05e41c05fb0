import type { RolloutSpec, RolloutStatus } from '../../api/rollout.ts';

/** A cluster as far as a rollout is concerned. */
export interface RolloutCluster {
  readonly name: string;
  /** Of the rollout's profile, as the cluster's spec has it. */
  readonly version: string;
  /** All that its spec says was compiled, applied and is healthy. */
  readonly ready: boolean;
  /** Nothing was heard of its agent for long. */
  readonly offline: boolean;
  /** It takes what is new: a maintenance window is open, and it is not paused. */
  readonly open: boolean;
}

export interface RolloutInput {
  readonly spec: RolloutSpec;
  readonly generation: number;
  readonly status: RolloutStatus | undefined;
}

export interface RolloutPlan {
  readonly status: RolloutStatus;
  /** Clusters that are to get the version now. */
  readonly updates: readonly { readonly cluster: string; readonly version: string }[];
  readonly done: boolean;
  /** When to look again, where time alone can change something (milliseconds). */
  readonly againMs?: number | undefined;
}

type Flight = NonNullable<RolloutStatus['inFlight']>[number];

const SOAK_SECONDS = 60;
const DEADLINE_SECONDS = 1800;
/** So that those in flight always fit into the status of one object. */
const MAX_BATCH = 200;

/**
 * What a rollout does next. Those in flight are written down before they are changed, so that a plan that was cut off is
 * carried on. A batch ends once all of it were ready for the soak time together; those that failed count against the
 * budget and hold nothing up. Time that a cluster was silent, or its window closed, does not count against it.
 */
export function planRollout(
  { spec, generation, status: before }: RolloutInput,
  clusters: readonly RolloutCluster[],
  now: Date,
): RolloutPlan {
  const resumed = before?.observedGeneration !== generation;
  const isFinal =
    before !== undefined && !resumed && (before.phase === 'Complete' || before.phase === 'Stopped');
  if (isFinal) return { status: before, updates: [], done: before.phase === 'Complete' };
  const members = [...clusters].sort((a, b) => (a.name < b.name ? -1 : 1));
  const flights = flightsNow(spec, before, members, now, resumed);
  const counts = countsOf(spec, members, flights);
  const base = {
    ...counts,
    observedGeneration: generation,
    startedAt: before?.startedAt ?? now.toISOString(),
  };
  const stop = stopReason(spec, counts);
  if (stop !== undefined) {
    const status: RolloutStatus = { ...base, phase: 'Stopped', message: stop, inFlight: flights };
    return { status, updates: [], done: false };
  }
  const batchReadyAt = readySince(before?.batchReadyAt, flights, members, now);
  if (spec.paused === true) {
    const status: RolloutStatus = {
      ...base,
      phase: 'Paused',
      inFlight: flights,
      ...readyField(batchReadyAt),
    };
    return { status, updates: [], done: false };
  }
  const pending = flights.filter(({ state }) => state === 'updating');
  const isSoaked =
    pending.length === 0 ||
    (batchReadyAt !== undefined && now.getTime() >= batchReadyAt.getTime() + soakMs(spec));
  if (isSoaked) return nextBatch(spec, base, flights, members, now);
  const status: RolloutStatus = { ...base, phase: 'Running', inFlight: flights, ...readyField(batchReadyAt) };
  const updates = updatesOf(spec, pending, members);
  return { status, updates, done: false, againMs: againMs(spec, pending, batchReadyAt, now) };
}

/** Those in flight, each with what has become of it. */
function flightsNow(
  spec: RolloutSpec,
  before: RolloutStatus | undefined,
  members: readonly RolloutCluster[],
  now: Date,
  resumed: boolean,
): Flight[] {
  const byName = new Map(members.map((member) => [member.name, member]));
  return (before?.inFlight ?? []).flatMap((flight): Flight[] => {
    const member = byName.get(flight.cluster);
    // It is gone, or is none of ours any more.
    if (member === undefined) return [];
    const isThere = member.version === spec.version;
    // Somebody looked at it, and changed the rollout: what is ready by now is forgiven, what is not begins again.
    if (flight.state === 'failed')
      return resumed
        ? isThere && member.ready
          ? []
          : [{ cluster: flight.cluster, since: now.toISOString(), state: 'updating' }]
        : [flight];
    return [advance(spec, flight, member, isThere, now)].filter((next) => next !== undefined);
  });
}

function advance(
  spec: RolloutSpec,
  flight: Flight,
  member: RolloutCluster,
  isThere: boolean,
  now: Date,
): Flight | undefined {
  const failed: Flight = { ...flight, state: 'failed' };
  // It had the version, and somebody took it away: that is an answer too.
  if (flight.arrived === true && !isThere) return failed;
  const arrived = isThere ? { arrived: true } : {};
  if (member.offline) {
    if (spec.offline === 'fail') return failed;
    // It holds nothing up; it has the version, or gets it when it is back.
    if (spec.offline !== 'wait') return undefined;
  }
  const isExcused = member.offline || !member.open;
  const since = isExcused ? now.toISOString() : flight.since;
  const isLate = now.getTime() - Date.parse(since) >= deadlineMs(spec);
  if (isLate && !(isThere && member.ready)) return failed;
  return { ...flight, ...arrived, since };
}

function countsOf(spec: RolloutSpec, members: readonly RolloutCluster[], flights: readonly Flight[]) {
  const there = members.filter(({ version }) => version === spec.version);
  return {
    total: members.length,
    updated: there.length,
    ready: there.filter(({ ready }) => ready).length,
    failed: flights.filter(({ state }) => state === 'failed').length,
    offline: members.filter(({ offline }) => offline).length,
  };
}

function stopReason(
  { maxFailures = 0, maxOffline }: RolloutSpec,
  { failed, offline }: { failed: number; offline: number },
): string | undefined {
  if (failed > maxFailures) return `${failed} clusters failed, ${maxFailures} may`;
  if (maxOffline !== undefined && offline > maxOffline)
    return `${offline} clusters are silent, ${maxOffline} may be`;
  return undefined;
}

/** Since when all of the batch are ready; undefined when one is not. */
function readySince(
  before: string | undefined,
  flights: readonly Flight[],
  members: readonly RolloutCluster[],
  now: Date,
): Date | undefined {
  const pending = new Set(flights.filter(({ state }) => state === 'updating').map(({ cluster }) => cluster));
  const batch = members.filter(({ name }) => pending.has(name));
  const arrived = new Set(flights.filter((flight) => flight.arrived === true).map(({ cluster }) => cluster));
  if (
    batch.length === 0 ||
    !batch.every(({ name, ready, offline }) => ready && !offline && arrived.has(name))
  )
    return undefined;
  return before === undefined ? now : new Date(before);
}

type Base = Omit<RolloutStatus, 'phase'>;

function nextBatch(
  spec: RolloutSpec,
  base: Base,
  flights: readonly Flight[],
  members: readonly RolloutCluster[],
  now: Date,
): RolloutPlan {
  const failed = flights.filter(({ state }) => state === 'failed');
  const left = leftOf(
    spec,
    members,
    failed.map(({ cluster }) => cluster),
  );
  const free = left.filter((member) => member.open && !isSkipped(spec, member));
  const batch = free.slice(0, batchSize(spec, members.length));
  const started = batch.map(({ name, offline }): Flight => {
    const state = offline && spec.offline === 'fail' ? 'failed' : 'updating';
    return { cluster: name, since: now.toISOString(), state };
  });
  const inFlight = [...failed, ...started];
  if (left.length === 0) return { status: { ...base, phase: 'Complete', inFlight }, updates: [], done: true };
  const silent = left.filter((member) => isSkipped(spec, member)).length;
  const closed = left.filter((member) => !isSkipped(spec, member) && !member.open).length;
  const waiting = [
    ...(silent === 0 ? [] : [`${silent} silent clusters get the version when they are back`]),
    ...(closed === 0 ? [] : [`${closed} are paused or wait for a maintenance window`]),
  ].join('; ');
  const counts = { ...base, failed: inFlight.filter(({ state }) => state === 'failed').length };
  const stop = stopReason(spec, counts);
  // Those of the batch that could be changed are not: somebody has to look first.
  if (stop !== undefined) {
    const silentOnes = inFlight.filter(({ state }) => state === 'failed');
    return {
      status: { ...counts, phase: 'Stopped', message: stop, inFlight: silentOnes },
      updates: [],
      done: false,
    };
  }
  const message = batch.length === 0 && waiting !== '' ? { message: waiting } : {};
  const status: RolloutStatus = { ...counts, ...message, phase: 'Running', inFlight };
  const updates = updatesOf(
    spec,
    started.filter(({ state }) => state === 'updating'),
    members,
  );
  // A window opens by time alone; who comes back says so.
  return {
    status,
    updates,
    done: false,
    againMs: batch.length > 0 ? deadlineMs(spec) : closed > 0 ? 60_000 : undefined,
  };
}

/** Those in flight that do not have the version yet. */
function updatesOf({ version }: RolloutSpec, flights: readonly Flight[], members: readonly RolloutCluster[]) {
  const byName = new Map(members.map((member) => [member.name, member]));
  return flights
    .filter(({ cluster }) => byName.get(cluster)?.version !== version)
    .map(({ cluster }) => ({ cluster, version }));
}

function againMs(
  spec: RolloutSpec,
  pending: readonly Flight[],
  batchReadyAt: Date | undefined,
  now: Date,
): number {
  const due =
    batchReadyAt === undefined
      ? Math.min(...pending.map(({ since }) => Date.parse(since) + deadlineMs(spec)))
      : batchReadyAt.getTime() + soakMs(spec);
  return Math.max(1000, due - now.getTime());
}

/** Those that have to get the version yet, but for those that failed. */
export function leftOf(
  { version }: RolloutSpec,
  members: readonly RolloutCluster[],
  failed: readonly string[],
): readonly RolloutCluster[] {
  const tried = new Set(failed);
  return members.filter((member) => member.version !== version && !tried.has(member.name));
}

/** A silent one that holds nothing up: it gets the version when it is back. */
export function isSkipped({ offline }: RolloutSpec, member: RolloutCluster): boolean {
  return member.offline && offline !== 'wait' && offline !== 'fail';
}

export function batchSize({ batch }: RolloutSpec, total: number): number {
  return Math.min(MAX_BATCH, batch ?? Math.max(1, Math.floor(total / 10)));
}

function soakMs({ soakSeconds = SOAK_SECONDS }: RolloutSpec): number {
  return soakSeconds * 1000;
}

function deadlineMs({ deadlineSeconds = DEADLINE_SECONDS }: RolloutSpec): number {
  return deadlineSeconds * 1000;
}

function readyField(batchReadyAt: Date | undefined) {
  return batchReadyAt === undefined ? {} : { batchReadyAt: batchReadyAt.toISOString() };
}
