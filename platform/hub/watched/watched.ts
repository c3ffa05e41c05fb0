import type { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { kinds } from '../../api/kinds.ts';
import { platformError } from '../../errors.ts';
import { SummedUpRevision, withoutEnvelope } from './revision-summary.ts';
import { SeenObjects } from './seen-objects.ts';
import {
  StoredAccount,
  StoredEnrollment,
  StoredGateway,
  StoredProfile,
  StoredReceiver,
  StoredRegistry,
  StoredRollout,
} from './stored.ts';
import { storedAlert } from './stored-alert.ts';
import { trimmed } from './trimmed.ts';
import { readWatchedCluster } from './watched-cluster.ts';
import { WatchedKind, type WatchedKindOptions } from './watched-kind.ts';

export interface WatchedOptions {
  readonly client: Pick<KubeClient, 'watch'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Before a watch that failed is begun again, in milliseconds. */
  readonly pauseMs?: number | undefined;
  /** A watch that failed; it begins again after a while. */
  readonly onError: (error: unknown) => void;
  /** An object that is left out. */
  readonly onSkipped: (key: string, detail: string) => void;
}

const MAX_OBJECTS = 20_000;
const PAUSE_MS = 5_000;

/** All that the hub knows of the objects of all projects, by one watch for each kind. */
export class Watched {
  readonly clusters;
  readonly profiles;
  readonly registries;
  readonly accounts;
  readonly gateways;
  readonly revisions;
  readonly rollouts;
  readonly enrollments;
  readonly alerts;
  readonly receivers;
  /** Settled once nothing is watched any more, after the signal was aborted. */
  readonly stopped: Promise<void>;
  /** The same objects whole, by the plural of their kind, for who reads and watches over HTTP. */
  readonly seen: ReadonlyMap<string, SeenObjects>;
  readonly #clock: Clock;

  constructor({ client, clock, signal, onError, onSkipped, pauseMs = PAUSE_MS }: WatchedOptions) {
    const seen = kinds.map((kind) => new SeenObjects(kind));
    this.seen = new Map(seen.map((objects) => [objects.kind.plural, objects]));
    const of = <T>(kind: string, read: WatchedKindOptions<T>['read'], keep = trimmed) =>
      new WatchedKind({
        ...{ kind, read, keep, max: MAX_OBJECTS, onSkipped },
        seen: seen.find((objects) => objects.kind.kind === kind),
      });
    this.clusters = of('Cluster', readWatchedCluster);
    this.profiles = of('ClusterProfile', readBy(StoredProfile));
    this.registries = of('PackRegistry', readBy(StoredRegistry));
    this.accounts = of('CloudAccount', readBy(StoredAccount));
    this.gateways = of('Gateway', readBy(StoredGateway));
    this.revisions = of('ClusterRevision', readBy(SummedUpRevision), (object) =>
      trimmed(withoutEnvelope(object)),
    );
    this.rollouts = of('Rollout', readBy(StoredRollout));
    this.enrollments = of('Enrollment', readBy(StoredEnrollment));
    this.alerts = of('Alert', storedAlert);
    this.receivers = of('AlertReceiver', readBy(StoredReceiver));
    this.#clock = clock;
    const options = { signal, clock, pauseMs, onError };
    this.stopped = Promise.all(this.#kinds.map(async (kind) => await kind.follow(client, options))).then(
      () => undefined,
    );
  }

  /** Settled once all kinds were listed. */
  get listed(): Promise<void> {
    return Promise.all(this.#kinds.map(({ listed }) => listed)).then(() => undefined);
  }

  /** The same, and no longer than so many milliseconds. Throws FLEET_NOT_LISTED. */
  async untilListed(limitMs: number, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const stop = AbortSignal.any([signal, done.signal]);
    const late = this.#clock.sleep(limitMs, stop).catch(() => undefined);
    await Promise.race([this.listed, late]);
    done.abort();
    signal.throwIfAborted();
    const missing = this.#kinds.filter(({ isListed }) => !isListed).map(({ kind }) => kind);
    if (missing.length > 0)
      throw platformError('FLEET_NOT_LISTED', {
        subject: missing.join(', '),
        detail: `within ${limitMs / 1000} s`,
      });
  }

  get #kinds(): readonly Pick<WatchedKind<unknown>, 'kind' | 'isListed' | 'listed' | 'follow'>[] {
    return [
      this.profiles,
      this.registries,
      this.accounts,
      this.gateways,
      this.revisions,
      this.rollouts,
      this.clusters,
      this.enrollments,
      this.alerts,
      this.receivers,
    ];
  }
}

/** An object that can't be read stays as it was. */
function readBy<T>(schema: z.ZodType<T>): WatchedKindOptions<T>['read'] {
  return (object: KubeObject, _before: T | undefined, skip: (detail: string) => void) => {
    const read = schema.safeParse(object);
    if (!read.success) skip(read.error.issues[0]?.message ?? 'unreadable');
    return read.data;
  };
}
