import type { Digest } from '../content/digest.ts';
import type { WritableStore } from '../content/store.ts';
import { isAllowed, mayTakeFrom } from './access/authorization.ts';
import { recordChange } from './audit/audit-change.ts';
import { canFind } from './capability.ts';
import type { Exchange, Services } from './exchange.ts';
import { isRepository } from './route.ts';

/**
 * Makes a blob of another repository known in this one (distribution-spec, "Mounting a blob from another repository").
 * Without a source, any repository that the client may read will do. False when it can't be: the client then uploads.
 * Throws a ProtocolError (401) when a token for both repositories is to be had.
 */
export async function mountBlob(
  exchange: Exchange,
  services: Services,
  store: WritableStore,
  repository: string,
  digest: Digest,
): Promise<boolean> {
  const { signal } = exchange;
  const sources = await sourcesOf(exchange, store, repository, digest);
  const from = await firstReadable(exchange, services, repository, sources);
  const size = from === undefined ? undefined : await store.statBlob(from, digest, { signal });
  if (from === undefined || size === undefined) return false;
  const descriptor = { mediaType: 'application/octet-stream', digest, size };
  const mounted = await store.mountBlob(repository, descriptor, from, { signal });
  if (mounted) await recordChange(exchange, services, { action: 'mount-blob', repository, digest, from });
  return mounted;
}

/** Repositories that hold a blob and are looked at when none was named. */
const MOST_SOURCES = 100;

async function sourcesOf(
  { query, signal }: Exchange,
  store: WritableStore,
  repository: string,
  digest: Digest,
): Promise<readonly string[]> {
  const named = query.get('from');
  if (named === null && canFind(store)) return await store.findBlob(digest, MOST_SOURCES, { signal });
  const source = named ?? repository;
  if (!isRepository(source)) return [];
  return (await store.statBlob(source, digest, { signal })) === undefined ? [] : [source];
}

async function firstReadable(
  exchange: Exchange,
  services: Services,
  repository: string,
  sources: readonly string[],
): Promise<string | undefined> {
  for (const source of sources) if (await isAllowed(exchange, services, source, 'pull')) return source;
  for (const source of sources)
    if (await mayTakeFrom(exchange, services, { repository, source })) return source;
  return undefined;
}
