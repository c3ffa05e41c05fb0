import { Counter, type Registry } from 'prom-client';

/** Counts what a cache gave of its own and what it had to fetch: what the line carried, and what it was spared. */
export class CacheMetrics {
  readonly #bytes: Counter<'from'>;
  readonly #hits: Counter;

  constructor(registry: Registry) {
    const labelNames = ['from'] as const;
    const registers = [registry];
    this.#bytes = new Counter({
      name: 'skerry_registry_cache_bytes_total',
      help: 'Bytes of blobs that were sent from the cache, and that were fetched from upstream.',
      ...{ labelNames, registers },
    });
    this.#hits = new Counter({
      name: 'skerry_registry_cache_hits_total',
      help: 'Requests for blobs that were answered from the cache.',
      registers,
    });
    for (const from of ['cache', 'upstream']) this.#bytes.inc({ from }, 0);
  }

  sent(from: 'cache' | 'upstream', bytes: number): void {
    this.#bytes.inc({ from }, bytes);
    if (from === 'cache') this.#hits.inc();
  }
}
