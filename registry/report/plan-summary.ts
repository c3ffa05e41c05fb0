import type { StorageReport } from '../../content/storage-report.ts';
import type { GcEvent } from '../gc/gc-event.ts';

type Plan = NonNullable<StorageReport['collection']['plan']>;

/** So many manifests are named of those that go, and of those that are kept for now; the rest is counted. */
const MAX_NAMED = 200;
const MAX_UNKNOWN = 100;

/** Gathers the events of a garbage collection's dry run into an answer of limited size. */
export class PlanSummary {
  readonly #going: Plan['going'] = [];
  readonly #kept: Plan['kept'] = [];
  readonly #unknown: string[] = [];
  #keptManifests = 0;
  #planned: Extract<GcEvent, { type: 'planned' }> | undefined;

  add(event: GcEvent): void {
    if (event.type === 'planned') this.#planned = event;
    if (event.type === 'unknown' && this.#unknown.length < MAX_UNKNOWN) this.#unknown.push(event.repository);
    if (event.type === 'going') this.#addGoing(event);
    if (event.type === 'waiting') this.#addKept(event);
  }

  /** Undefined until the plan was told whole. */
  get plan(): Plan | undefined {
    if (this.#planned === undefined) return undefined;
    const { manifests, blobs, bytes, waitingBytes, unheld, unfinished, quarantined } = this.#planned;
    return {
      ...{ manifests, blobs, bytes, waitingBytes, unheld, unfinished, quarantined },
      ...{ going: this.#going, kept: this.#kept, keptManifests: this.#keptManifests, unknown: this.#unknown },
    };
  }

  #addGoing({ repository, manifests }: Extract<GcEvent, { type: 'going' }>): void {
    for (const { digest, lastTag, pushed, untagged, why } of manifests) {
      if (this.#going.length === MAX_NAMED) return;
      this.#going.push({
        ...{ repository, digest, why, pushedAt: timeOf(pushed) },
        ...(lastTag === undefined ? {} : { lastTag }),
        ...(untagged === undefined ? {} : { untaggedAt: timeOf(untagged) }),
      });
    }
  }

  #addKept({ repository, manifests }: Extract<GcEvent, { type: 'waiting' }>): void {
    this.#keptManifests += manifests.length;
    for (const { digest, lastTag, until, reason } of manifests) {
      if (this.#kept.length === MAX_NAMED) return;
      this.#kept.push({
        ...{ repository, digest, reason },
        ...(lastTag === undefined ? {} : { lastTag }),
        ...(until === undefined ? {} : { until: timeOf(until) }),
      });
    }
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
