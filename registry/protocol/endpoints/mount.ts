import type { Digest } from '../../../content/digest.ts';
import type { WritableStore } from '../../../content/store.ts';
import { canFind } from '../../capability.ts';
import { askerOf, type Exchange, type Services } from '../exchange.ts';
import { isRepository } from '../route.ts';

/**
 * Makes a blob of another repository known in this one (distribution-spec, "Mounting a blob from another repository").
 * Without a source, any repository that the client may read will do. False when it can't be: the client then uploads.
 * Throws a ProtocolError (401) when a source was named and a token for both repositories is to be had.
 */
export async function mountBlob(
  exchange: Exchange,
  services: Services,
  store: WritableStore,
  repository: string,
  digest: Digest,
): Promise<boolean> {
  const source = await findSource(exchange, services, store, repository, digest);
  if (source === undefined) return false;
  const { from, size } = source;
  const descriptor = { mediaType: 'application/octet-stream', digest, size };
  const options = { signal: exchange.signal, by: askerOf(exchange) };
  const mounted = await store.mountBlob(repository, descriptor, from, options);
  if (mounted) await services.changes.record(exchange, { action: 'mount-blob', repository, digest, from });
  return mounted;
}

/** Repositories that hold a blob and are looked at when none was named. */
const MOST_SOURCES = 100;

async function findSource(
  exchange: Exchange,
  services: Services,
  store: WritableStore,
  repository: string,
  digest: Digest,
): Promise<{ from: string; size: number } | undefined> {
  const { query, signal } = exchange;
  const named = query.get('from');
  if (named !== null) {
    const size = isRepository(named) ? await store.statBlob(named, digest, { signal }) : undefined;
    if (size === undefined) return undefined;
    const open = await services.guard.mayTakeFrom(exchange, { repository, source: named });
    return open ? { from: named, size } : undefined;
  }
  const holders = canFind(store) ? await store.findBlob(digest, MOST_SOURCES, { signal }) : [repository];
  for (const from of holders) {
    if (!(await services.guard.isAllowed(exchange, from, 'pull'))) continue;
    const size = await store.statBlob(from, digest, { signal });
    return size === undefined ? undefined : { from, size };
  }
  return undefined;
}
