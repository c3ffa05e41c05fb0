import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Cache, type CacheOptions, openCache } from '../cache/open-cache.ts';
import type { LogRecord } from '../log.ts';
import { Metrics } from '../metrics/metrics.ts';
import { type ServedRegistry, serveRegistry } from '../server/serve.ts';
import { basic, testAccess, userLine } from './access.ts';
import { type Answer, type SendOptions, send } from './client.ts';
import { type Line, startLine } from './line.ts';
import { startRegistry, type TestRegistry } from './registry.ts';

const ADA = basic('ada', 'päss:word');
/** May pull `team/**` and `docker.io/**`. */
const NODE = basic('node', 'secret');

export interface CacheSite {
  /** The registry behind the cache; its requests are ada's. */
  readonly upstream: TestRegistry;
  readonly line: Line;
  readonly users: Awaited<ReturnType<typeof testAccess>>['state'];
  readonly log: LogRecord[];
  /** Asks the cache, as the node unless the headers say otherwise. */
  pull(path: string, options?: SendOptions): Promise<Answer>;
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  metrics(): Promise<string>;
  /** Bytes that it holds. */
  held(): Promise<number>;
  readonly folder: string;
  /** Moves all clocks of the cache on. */
  wait(ms: number): void;
  /** Another process on the same folder. */
  restart(): Promise<void>;
}

/** For tests: a registry with accounts, a line to it, and a cache at the near end of the line. */
export async function startCacheSite(
  context: TestContext,
  options: Partial<CacheOptions> = {},
): Promise<CacheSite> {
  const lines = [await userLine('node', 'secret', 'team/**=pull docker.io/**=pull')];
  const { access, state: users } = await testAccess({ lines });
  const registry = await startRegistry(context, { backend: 'served', access });
  const upstream: TestRegistry = {
    ...registry,
    port: registry.port,
    send: async (method, path, sent) =>
      await registry.send(method, path, { ...sent, headers: { authorization: ADA, ...sent?.headers } }),
  };
  const line = await startLine(context, registry.port);
  const folder = await mkdtemp(join(tmpdir(), 'skerry-cache-'));
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const log: LogRecord[] = [];
  let now = Date.parse('2027-01-01T12:00:00Z');
  let cache: Cache;
  let served: ServedRegistry;
  let metrics: Metrics;
  const start = async () => {
    metrics = new Metrics({ cache: true });
    cache = await openCache({
      ...{ folder, upstream: `http://127.0.0.1:${line.port}`, limit: 64e6, offlineFor: 72 * 3600_000 },
      ...{ clock: () => now, uptime: () => now, log: (record) => log.push(record), metrics: metrics.cache },
      ...options,
    });
    const { store, access } = cache;
    const listen = { host: '127.0.0.1', port: 0 };
    served = await serveRegistry({ store, access, listen, log: (record) => log.push(record), metrics });
  };
  const stop = async () => {
    await served.close({ drainMs: 100 });
    await cache.close();
  };
  await start();
  context.after(async () => {
    agent.destroy();
    await stop();
    await rm(folder, { recursive: true, force: true });
  });
  const ask = async (method: string, path: string, sent: SendOptions = {}) =>
    await send(agent, served.port, method, path, {
      ...sent,
      headers: { authorization: NODE, ...sent.headers },
    });
  return {
    ...{ upstream, line, users, log, folder, send: ask },
    pull: async (path, sent) => await ask('GET', path, sent),
    metrics: async () => await metrics.text(),
    held: async () => (await cache.store.measure()).bytes,
    wait: (ms) => {
      now += ms;
    },
    restart: async () => {
      await stop();
      await start();
    },
  };
}
