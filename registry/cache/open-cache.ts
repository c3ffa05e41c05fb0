import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../content/error.ts';
import type { Access } from '../access/access.ts';
import { every } from '../jobs/every.ts';
import type { Log } from '../log.ts';
import type { CacheMetrics } from '../metrics/cache-metrics.ts';
import { asUnusable } from '../store/files/unusable.ts';
import { openServedStore } from '../store/open.ts';
import { AllowedClients } from './allowed-clients.ts';
import { CacheSpace, type CacheSpaceOptions } from './cache-space.ts';
import { Downloads } from './downloads.ts';
import { PullThroughStore } from './pull-through-store.ts';
import { Upstream, type UpstreamOptions } from './upstream.ts';
import { upstreamAccess } from './upstream-access.ts';
import { Uses } from './uses.ts';

export interface CacheOptions extends Omit<UpstreamOptions, 'address' | 'log'> {
  /** Keeps everything; made when missing. */
  readonly folder: string;
  /** The registry behind it, as openRemote takes it. */
  readonly upstream: string;
  /** Bytes that it may hold. */
  readonly limit: number;
  /** For how long what the registry allowed still counts while it is away, in milliseconds. */
  readonly offlineFor: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly free?: CacheSpaceOptions['free'];
  readonly metrics?: CacheMetrics | undefined;
  readonly log: Log;
}

export interface Cache {
  readonly store: PullThroughStore;
  readonly access: Access;
  close(): Promise<void>;
}

const WRITE_MS = 5 * 60_000;

/**
 * Opens what a cache is made of, to be served as a registry. Throws REFERENCE_INVALID, REGISTRY_STORE_IN_USE,
 * REGISTRY_STORE_UNUSABLE, REGISTRY_STORE_DAMAGED, DISK_FULL.
 */
export async function openCache(options: CacheOptions): Promise<Cache> {
  const { folder, clock, log, uptime, ca, answerWithin, offlineFor, limit, free, metrics } = options;
  const upstream = new Upstream({ address: options.upstream, ca, log, uptime, answerWithin });
  await using opened = new AsyncDisposableStack();
  opened.defer(() => upstream.close());
  try {
    await mkdir(folder, { recursive: true });
    const clients = await AllowedClients.open(join(folder, 'clients.json'));
    const uses = await Uses.open(join(folder, 'uses.json'));
    // No client pushes here, so that nothing has to wait for one.
    const held = await openServedStore(join(folder, 'store'), { report: log, clock, pinFor: 0, pushFor: 0 });
    opened.defer(async () => await held.close());
    const space = new CacheSpace({ store: held, uses, limit, log, free });
    const onBlob = (from: 'cache' | 'upstream', bytes: number) => metrics?.sent(from, bytes);
    const downloads = await Downloads.open({
      ...{ folder: join(folder, 'downloads'), store: held, space, log },
      onBytes: (bytes) => onBlob('upstream', bytes),
    });
    opened.defer(async () => await downloads.close());
    const writing = every(async () => await uses.write(), {
      first: WRITE_MS,
      next: () => WRITE_MS,
      onFailure: (error) => log({ level: 'warn', event: 'uses-not-kept', error: messageOf(error) }),
    });
    opened.defer(async () => {
      await writing.close();
      await uses.write().catch(() => {});
    });
    const store = new PullThroughStore({ upstream, held, downloads, space, uses, clock, log, onBlob });
    const access = upstreamAccess({ upstream, clients, offlineFor, clock, uptime, log });
    const all = opened.move();
    return { store, access, close: async () => await all.disposeAsync() };
  } catch (error) {
    throw asUnusable(error, folder);
  }
}
