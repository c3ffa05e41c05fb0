import { readFile } from 'node:fs/promises';
import { messageOf } from '../../../../content/error.ts';
import { openCache } from '../../../../registry/cache/open-cache.ts';
import type { Log } from '../../../../registry/log.ts';
import { Metrics } from '../../../../registry/metrics/metrics.ts';
import { serveRegistry } from '../../../../registry/server/serve.ts';
import { installerError } from '../../../errors.ts';
import type { Console } from '../../../terminal/console.ts';
import { serveLog } from '../serve/serve-log.ts';
import { openServeTls } from '../serve/serve-tls.ts';
import { untilStopped } from '../serve/until-stopped.ts';
import type { CacheCommandOptions } from './cache.ts';

const DRAIN_MS = 1500;

/** Throws USAGE for a file that can't be read, and what opening the cache and its certificate throws. */
export async function runCache(console: Console, options: CacheCommandOptions): Promise<void> {
  const log = serveLog(console, options);
  await serve(options, log);
  log({ message: 'stopped' });
}

async function serve(options: CacheCommandOptions, log: Log): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const { upstream, upstreamCa, store: folder, size: limit, offlineFor, listen } = options;
  const metrics = new Metrics({ process: true, cache: true });
  const cache = await openCache({
    ...{ folder, upstream, limit, log },
    ca: upstreamCa === undefined ? undefined : await readPem(upstreamCa),
    offlineFor: offlineFor === 'off' ? 0 : offlineFor,
    clock: Date.now,
    uptime: () => performance.now(),
    metrics: metrics.cache,
  });
  opened.defer(cache.close);
  const tls = await openServeTls(options, log);
  opened.defer(tls.close);
  const { store, access } = cache;
  const served = await serveRegistry({ store, access, log, listen, metrics, tls: tls.tls });
  opened.defer(() => served.close({ drainMs: DRAIN_MS }));
  tls.follow(served);
  const { address, port } = served;
  log({ message: 'serving', store: store.name, address, port, tls: tls.tls !== undefined });
  await untilStopped();
}

async function readPem(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw installerError('USAGE', { subject: `--upstream-ca ${path}`, detail: messageOf(cause), cause });
  });
}
