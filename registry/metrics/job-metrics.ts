import { Counter, Gauge, type Registry } from 'prom-client';

interface Remembering {
  /** When that was last done before this process, in milliseconds since 1970. */
  remember?(at: number): void;
}

/** Hears what a garbage collection did. */
export interface GcObserver extends Remembering {
  collected(run: { readonly blobs: number; readonly bytes: number }): void;
  failed(): void;
}

/** Hears what a scrub finds, as it goes. */
export interface ScrubObserver extends Remembering {
  checked(blob: { readonly bytes: number }): void;
  rotten(): void;
  repaired(): void;
  /** Everything was looked at once. */
  finished(): void;
}

/** Counts what garbage collection and the scrub do in this process. */
export class JobMetrics {
  readonly collection: GcObserver;
  readonly scrub: ScrubObserver;

  constructor(registry: Registry) {
    this.collection = gcObserver([registry]);
    this.scrub = scrubObserver([registry]);
  }
}

function gcObserver(registers: Registry[]): GcObserver {
  const runs = new Counter({
    name: 'skerry_registry_garbage_collections_total',
    help: 'Garbage collections, by result: done or failed.',
    labelNames: ['result'],
    registers,
  });
  const blobs = new Counter({
    name: 'skerry_registry_garbage_freed_blobs_total',
    help: 'Blobs and manifests that garbage collection removed.',
    registers,
  });
  const bytes = new Counter({
    name: 'skerry_registry_garbage_freed_bytes_total',
    help: 'Bytes that garbage collection gave back.',
    registers,
  });
  const last = new Gauge({
    name: 'skerry_registry_garbage_collection_last_done_timestamp_seconds',
    help: 'When a garbage collection last went through, in seconds since 1970; absent until that is known.',
    registers,
  });
  for (const result of ['done', 'failed']) runs.inc({ result }, 0);
  last.remove();
  return {
    remember: (at) => last.set(at / 1000),
    collected: (run) => {
      runs.inc({ result: 'done' });
      blobs.inc(run.blobs);
      bytes.inc(run.bytes);
      last.setToCurrentTime();
    },
    failed: () => runs.inc({ result: 'failed' }),
  };
}

function scrubObserver(registers: Registry[]): ScrubObserver {
  const blobs = new Counter({
    name: 'skerry_registry_scrub_checked_blobs_total',
    help: 'Blobs and manifests that the scrub hashed.',
    registers,
  });
  const bytes = new Counter({
    name: 'skerry_registry_scrub_checked_bytes_total',
    help: 'Bytes that the scrub hashed.',
    registers,
  });
  const rotten = new Counter({
    name: 'skerry_registry_scrub_rotten_blobs_total',
    help: 'Blobs and manifests whose bytes were found to be wrong.',
    registers,
  });
  const repaired = new Counter({
    name: 'skerry_registry_scrub_repaired_blobs_total',
    help: 'Of those, how many were replaced by right ones.',
    registers,
  });
  const last = new Gauge({
    name: 'skerry_registry_scrub_last_finished_timestamp_seconds',
    help: 'When the scrub had last looked at everything, in seconds since 1970; absent until that is known.',
    registers,
  });
  last.remove();
  return {
    remember: (at) => last.set(at / 1000),
    checked: (blob) => {
      blobs.inc();
      bytes.inc(blob.bytes);
    },
    rotten: () => rotten.inc(),
    repaired: () => repaired.inc(),
    finished: () => last.setToCurrentTime(),
  };
}
