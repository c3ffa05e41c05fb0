import { collectDefaultMetrics, Registry } from 'prom-client';
import { CacheMetrics } from './cache-metrics.ts';
import { JobMetrics } from './job-metrics.ts';
import { LoginMetrics } from './login-metrics.ts';
import { RequestMetrics } from './request-metrics.ts';
import { type Watched, watchServer } from './server-gauges.ts';
import { watchStore } from './store-gauges.ts';

/**
 * What Prometheus learns of one registry. No name of a repository and no user is ever in it, so it may be read by
 * anyone who can reach the registry.
 */
export class Metrics {
  readonly requests: RequestMetrics;
  readonly logins: LoginMetrics;
  /** For garbage collection and the scrub to count in. */
  readonly jobs: JobMetrics;
  /** Of a cache alone. */
  readonly cache: CacheMetrics | undefined;
  readonly #registry = new Registry();

  /**
   * `process` adds memory, CPU and event loop of this process, once for all registries in it; `cache` what a cache counts.
   */
  constructor({
    process = false,
    cache = false,
  }: { readonly process?: boolean; readonly cache?: boolean } = {}) {
    this.cache = cache ? new CacheMetrics(this.#registry) : undefined;
    this.requests = new RequestMetrics(this.#registry);
    this.logins = new LoginMetrics(this.#registry);
    this.jobs = new JobMetrics(this.#registry);
    if (process) collectDefaultMetrics({ register: this.#registry });
  }

  /** Adds what is read off a running registry whenever Prometheus asks. */
  watch(watched: Watched): void {
    watchServer(this.#registry, watched);
    watchStore(this.#registry, watched);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In Prometheus' text format. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }
}
