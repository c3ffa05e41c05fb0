import type { Digest } from '../content/digest.ts';
import type { WritableStore } from '../content/store.ts';
import { mayTakeFrom } from './access/authorization.ts';
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
  const named = exchange.query.get('from');
  const from = named ?? (canFind(store) ? await store.findBlob(digest, { signal }) : repository);
  if (from === undefined || !isRepository(from)) return false;
  const size = await store.statBlob(from, digest, { signal });
  if (size === undefined || !(await mayTakeFrom(exchange, services, { repository, source: from })))
    return false;
  const descriptor = { mediaType: 'application/octet-stream', digest, size };
  const mounted = await store.mountBlob(repository, descriptor, from, { signal });
  if (mounted) await recordChange(exchange, services, { action: 'mount-blob', repository, digest, from });
  return mounted;
}
