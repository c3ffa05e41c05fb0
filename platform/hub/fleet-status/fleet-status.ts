import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { mapLimited } from '../../../content/limit.ts';
import type { Report } from '../../desired/report.ts';
import { conditionOf } from '../controller/conditions.ts';
import { updateStatus } from '../controller/update-status.ts';
import { nameOfKey, referenceTo, StoredCluster } from '../watched/stored.ts';
import { clusterStatus, type ReportMark, type Transport } from './cluster-status.ts';
import { completeEvent } from './complete-event.ts';

/** What an agent shows by being there. */
export interface Sign {
  readonly at: Date;
  readonly transport: Transport;
  readonly agentVersion?: string | undefined;
  readonly certificateUntil?: Date | undefined;
  /** The code that says why the agent is not understood; empty when it is, absent where it has not said hello. */
  readonly problem?: string | undefined;
}

export interface FleetStatusOptions {
  readonly client: Pick<KubeClient, 'get' | 'replace' | 'create'>;
  /** The cluster as it was seen last. */
  readonly cluster: (key: string) => StoredCluster | undefined;
  readonly clock: Clock;
  readonly now: () => Date;
  /** Whether this hub is the one that says which clusters are silent; each says how those fare that it hears of. */
  readonly leads?: (() => boolean) | undefined;
  readonly onError: (key: string, error: unknown) => void;
}

/** After so long without a word a cluster is Unknown. */
const SILENCE_MS = 90_000;
/** The same where another hub hears of it, which writes that down once a minute. */
const ELSEWHERE_SILENCE_MS = 120_000;
const DUPLICATED_MS = 1_800_000;
/** How far the time of day of another hub is believed to be from the own. */
const MAX_SKEW_MS = 30_000;
/** Somebody who speaks every half a minute has missed a time: the last word is written down for the hub that leads. */
const QUIET_MS = 45_000;
const WRITE_MS = 10_000;
const AGE_MS = 60_000;
const SWEEP_MS = 10_000;
const TICK_MS = 1000;
const WRITES_AT_ONCE = 8;
/** So many a second at most: a fleet that reports all at once must leave room for what it is to be told. */
const WRITES_A_TICK = 60;

interface Known {
  /** For people. How long ago it was is measured on the hub's own clock, since the time of day may be set. */
  seen?: Date | undefined;
  /** When it was heard of, by any hub, and by this one. */
  heardMs?: number | undefined;
  ownMs?: number | undefined;
  /** As the status had it at the last look; null where it said nothing. */
  writtenSeen?: string | null | undefined;
  report?: Report | undefined;
  mark?: ReportMark | undefined;
  transport: Transport;
  agentVersion?: string | undefined;
  certificateUntil?: Date | undefined;
  problem?: string | undefined;
  /** When two agents were last found to speak for it. */
  duplicatedMs?: number | undefined;
  /** When the status was last written. */
  writtenAt?: number | undefined;
}

/**
 * Turns heartbeats and reports into the status of clusters: written when it changed, at most every 10 s a cluster, and
 * once a minute for its age alone; a bounded number a second in all. A cluster that is silent is looked at no more once that is written down.
 */
export class FleetStatus {
  readonly #options: FleetStatusOptions;
  readonly #startedMs: number;
  readonly #known = new Map<string, Known>();
  /** Those that were heard of lately, and may fall silent. */
  readonly #live = new Set<string>();
  readonly #dirty = new Set<string>();
  #sweptAt: number;

  constructor(options: FleetStatusOptions) {
    this.#options = options;
    this.#startedMs = options.clock.now();
    this.#sweptAt = options.clock.now();
  }

  /** The agent of a cluster was heard of. */
  seen(key: string, { at, transport, agentVersion, certificateUntil, problem }: Sign): void {
    const known = this.#entry(key);
    const isOther =
      known.transport !== transport ||
      (problem !== undefined && problem !== known.problem) ||
      (agentVersion !== undefined && agentVersion !== known.agentVersion);
    known.transport = transport;
    known.agentVersion = agentVersion ?? known.agentVersion;
    known.problem = problem ?? known.problem;
    known.certificateUntil = certificateUntil ?? known.certificateUntil;
    const now = this.#options.now();
    // What a file says may be older than what is known; what is known may be of a clock that went wrong.
    if (known.seen === undefined || known.seen < at || known.seen > now) known.seen = at;
    const age = Math.max(0, now.getTime() - at.getTime());
    known.ownMs = Math.max(known.ownMs ?? Number.NEGATIVE_INFINITY, this.#options.clock.now() - age);
    known.heardMs = Math.max(known.heardMs ?? Number.NEGATIVE_INFINITY, known.ownMs);
    if (isOther || !this.#live.has(key)) this.#dirty.add(key);
    this.#live.add(key);
  }

  /** Two agents speak for the cluster. */
  duplicated(key: string): void {
    this.#entry(key).duplicatedMs = this.#options.clock.now();
    this.#dirty.add(key);
  }

  /** The agent said how its cluster is. An older report by the same key changes nothing. */
  reported(key: string, report: Report, mark: ReportMark, transport: Transport): void {
    const last = this.lastReport(key);
    const known = this.#entry(key);
    const isOutdated = last !== undefined && last.key === mark.key && last.number >= mark.number;
    if (isOutdated && (known.report !== undefined || last.number > mark.number)) return;
    known.report = report;
    known.mark = mark;
    known.agentVersion = report.agentVersion;
    const now = this.#options.now();
    // A file says when it was written, and that is how old the news is.
    const said = transport === 'file' ? Date.parse(report.at) : Number.NaN;
    const at = Number.isNaN(said) ? now : new Date(Math.min(said, now.getTime()));
    this.seen(key, { at, transport });
    this.#dirty.add(key);
  }

  /** What the latest report of a cluster is known by, also one that was taken before this run of the hub. */
  lastReport(key: string): ReportMark | undefined {
    return this.#known.get(key)?.mark ?? this.#options.cluster(key)?.status.report;
  }

  /** The latest report of a cluster in this run of the hub. */
  report(key: string): Report | undefined {
    return this.#known.get(key)?.report;
  }

  /** The cluster's object changed, or was seen for the first time. */
  changed(key: string): void {
    const cluster = this.#options.cluster(key);
    if (cluster === undefined) {
      this.#known.delete(key);
      this.#live.delete(key);
      this.#dirty.delete(key);
      return;
    }
    const known = this.#entry(key);
    this.#heed(known, cluster);
    const { agent, phase } = cluster.status;
    if (agent !== undefined && phase !== 'Unknown') this.#live.add(key);
    this.#dirty.add(key);
  }

  // Another hub writes what it hears, and that is later than what was heard here.
  #heed(known: Known, { spec, status: { agent, report } }: StoredCluster): void {
    const { mark } = known;
    const isNewer =
      report !== undefined &&
      mark !== undefined &&
      (report.key === mark.key ? report.number > mark.number : report.key === spec.agent?.key);
    if (isNewer) {
      known.report = undefined;
      known.mark = undefined;
    }
    const isFirst = known.writtenSeen === undefined;
    const isSame = known.writtenSeen === agent?.seen;
    known.writtenSeen = agent?.seen ?? null;
    if (agent === undefined || isSame) return;
    const seen = new Date(agent.seen);
    if (known.seen !== undefined && seen <= known.seen) return;
    const { clock, now } = this.#options;
    const age = Math.max(0, now().getTime() - seen.getTime());
    // Silence from before this hub was started is no sign of anything.
    const heard = isFirst
      ? this.#startedMs
      : clock.now() - (agent.transport === 'file' ? age : Math.min(age, MAX_SKEW_MS));
    known.heardMs = Math.max(known.heardMs ?? heard, heard);
    known.ownMs = undefined;
    known.seen = seen;
    known.transport = agent.transport;
    known.agentVersion = undefined;
    known.problem = undefined;
    known.certificateUntil = undefined;
  }

  /** Writes until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.flush(signal);
      await this.#options.clock.sleep(TICK_MS, signal).catch(() => undefined);
    }
  }

  /** Writes what is due. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#sweep();
    const time = this.#options.clock.now();
    const due = [...this.#dirty].filter((key) => {
      const { writtenAt } = this.#entry(key);
      if (!this.#isMine(key)) return false;
      return writtenAt === undefined || time - writtenAt >= WRITE_MS;
    });
    // The others are first the next time.
    let left = WRITES_A_TICK;
    await mapLimited(due, WRITES_AT_ONCE, async (key) => {
      if (left > 0 && !signal.aborted && (await this.#write(key, signal))) left--;
    });
  }

  #sweep(): void {
    if (this.#options.clock.now() - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = this.#options.clock.now();
    for (const key of this.#live) {
      const { seen } = this.#entry(key);
      const written = Date.parse(this.#options.cluster(key)?.status.agent?.seen ?? '');
      const isSilent = this.#isSilent(key);
      if (isSilent) this.#live.delete(key);
      if (isSilent || this.#isQuiet(key) || !(Math.abs((seen?.getTime() ?? 0) - written) < AGE_MS))
        this.#dirty.add(key);
    }
  }

  #isSilent(key: string): boolean {
    const { heardMs = 0, ownMs } = this.#entry(key);
    const silentMs = this.#options.clock.now() - Math.max(heardMs, this.#startedMs);
    return silentMs >= (ownMs === undefined && heardMs > this.#startedMs ? ELSEWHERE_SILENCE_MS : SILENCE_MS);
  }

  // Undefined where another hub knows.
  #isDuplicated(key: string): boolean | undefined {
    const { ownMs, duplicatedMs } = this.#entry(key);
    if (ownMs === undefined) return undefined;
    return duplicatedMs !== undefined && this.#options.clock.now() - duplicatedMs < DUPLICATED_MS;
  }

  #isQuiet(key: string): boolean {
    const { ownMs } = this.#entry(key);
    return ownMs !== undefined && this.#options.clock.now() - ownMs >= QUIET_MS;
  }

  /** Whether it is for this hub to write the status of a cluster. */
  #isMine(key: string): boolean {
    const { ownMs } = this.#entry(key);
    const isHeard = ownMs !== undefined && this.#options.clock.now() - ownMs < SILENCE_MS;
    return isHeard || (this.#options.leads?.() ?? true);
  }

  /** Whether the API server was asked to write anything. */
  async #write(key: string, signal: AbortSignal): Promise<boolean> {
    this.#dirty.delete(key);
    const cluster = this.#options.cluster(key);
    if (cluster === undefined || this.#next(key, cluster) === undefined) return false;
    try {
      const change = (object: KubeObject) => this.#next(key, StoredCluster.parse(object));
      await this.#announce(key, signal);
      const wrote = await updateStatus(this.#options.client, referenceTo('Cluster', key), change, signal);
      const known = this.#entry(key);
      if (wrote) known.writtenAt = this.#options.clock.now();
    } catch (error) {
      if (signal.aborted) return false;
      this.#dirty.add(key);
      this.#entry(key).writtenAt = this.#options.clock.now();
      this.#options.onError(key, error);
    }
    return true;
  }

  #next(key: string, { spec, status }: StoredCluster): StoredCluster['status'] | undefined {
    const known = this.#entry(key);
    const { seen, report } = known;
    const now = this.#options.now();
    const isSilent = this.#isSilent(key);
    const isDuplicated = this.#isDuplicated(key);
    const next = clusterStatus({ ...known, spec, status, seen, report, isSilent, isDuplicated, now });
    const written = status.agent?.seen ?? next.agent?.seen ?? '';
    const age = Math.abs(Date.parse(next.agent?.seen ?? '') - Date.parse(written));
    const isOld = age >= AGE_MS || (age > 0 && this.#isQuiet(key));
    const unaged = next.agent === undefined ? next : { ...next, agent: { ...next.agent, seen: written } };
    const isSame = isDeepStrictEqual(plain({ ...status, ...unaged }), plain(status));
    return isSame && !isOld ? undefined : next;
  }

  // Before the status says so, so that a hub that ends in between says it the next time. The name keeps it at once.
  async #announce(key: string, signal: AbortSignal): Promise<void> {
    const cluster = this.#options.cluster(key);
    const report = this.report(key);
    if (cluster === undefined || report === undefined) return;
    const next = conditionOf(this.#next(key, cluster)?.conditions, 'Complete');
    const before = conditionOf(cluster.status.conditions, 'Complete');
    if (next?.status !== 'True' || (before?.status === 'True' && before.message === next.message)) return;
    const { namespace } = nameOfKey(key);
    try {
      await this.#options.client.create(completeEvent(cluster, report, this.#options.now()), { signal });
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED')) this.#options.onError(`${namespace} event`, error);
    }
  }

  #entry(key: string): Known {
    const known = this.#known.get(key) ?? { transport: 'network' };
    this.#known.set(key, known);
    return known;
  }
}

/** As JSON has it: what is undefined is not there. */
function plain(status: object): unknown {
  return JSON.parse(JSON.stringify(status));
}
