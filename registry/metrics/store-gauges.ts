import { Gauge, type Registry } from 'prom-client';
import { canMeasure, type MeasuredStore, type StoreMeasure } from '../capability.ts';
import type { DiskSpaceState } from '../protocol/disk-space.ts';
import { writesOf } from '../protocol/readiness.ts';
import type { Watched } from './server-gauges.ts';

/** Counting what a large store holds takes its index a moment: it is not done at every scrape. Milliseconds. */
const MEASURE_EVERY = 60_000;

/** What the store holds and what its disk still takes, read whenever Prometheus asks. */
export function watchStore(registry: Registry, { services }: Watched): void {
  const { store, writing } = services;
  if (canMeasure(store)) watchContent(registry, store);
  if (writing === undefined) return;
  new Gauge({
    name: 'skerry_registry_writes_accepted',
    help: '1 when pushes are taken, 0 when the disk is full or the store can’t be written to.',
    registers: [registry],
    async collect() {
      this.set((await writesOf(services)) === 'accepted' ? 1 : 0);
    },
  });
  const gauge = (name: string, help: string, read: (state: DiskSpaceState) => number) =>
    new Gauge({
      name: `skerry_registry_disk_${name}`,
      help,
      registers: [registry],
      async collect() {
        const state = await writing.space.state();
        if (state === undefined) this.reset();
        else this.set(read(state));
      },
    });
  gauge('size_bytes', 'Size of the disk that the store is on.', ({ size }) => size);
  gauge('free_bytes', 'Bytes of it that are free.', ({ free }) => free);
  gauge('kept_free_bytes', 'Bytes that pushes leave free.', ({ keepFree }) => keepFree);
  gauge('announced_bytes', 'Bytes that uploads under way will still take.', ({ announced }) => announced);
}

function watchContent(registry: Registry, store: MeasuredStore): void {
  let measured: Promise<StoreMeasure> | undefined;
  let at = Number.NEGATIVE_INFINITY;
  const measure = () => {
    if (performance.now() - at < MEASURE_EVERY && measured !== undefined) return measured;
    at = performance.now();
    measured = store.measure();
    return measured;
  };
  const gauge = (name: string, help: string, read: (state: StoreMeasure) => number) =>
    new Gauge({
      name: `skerry_registry_store_${name}`,
      help,
      registers: [registry],
      async collect() {
        // A store that can't be asked has no figures; the scrape continues without them.
        const state = await measure().catch(() => undefined);
        if (state === undefined) this.reset();
        else this.set(read(state));
      },
    });
  gauge('bytes', 'Bytes of all blobs and manifests, each counted once.', ({ bytes }) => bytes);
  gauge('blobs', 'Blobs and manifests, each counted once.', ({ blobs }) => blobs);
  gauge('rotten_blobs', 'Those that were found corrupt and are not repaired yet.', ({ rotten }) => rotten);
}
