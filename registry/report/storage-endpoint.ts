import { sendJson } from '../protocol/answer/response.ts';
import type { Exchange, Services } from '../protocol/exchange.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import type { StorageReports } from './storage-reports.ts';

/**
 * GET what the store takes and what garbage collection would take from it: for who may see the whole catalog. Throws a
 * ProtocolError: 404 where what is served is no store of a registry's own, 403 for accounts that see a part alone.
 */
export async function showStorage(
  exchange: Exchange,
  { guard }: Pick<Services, 'guard'>,
  storage: StorageReports | undefined,
): Promise<void> {
  const { isVisible } = await guard.authorize(exchange, undefined, 'list');
  if (isVisible !== undefined)
    throw new ProtocolError('DENIED', { message: 'this account does not see all repositories' });
  if (storage === undefined)
    throw new ProtocolError('UNSUPPORTED', { status: 404, message: 'what is served here is not kept here' });
  await sendJson(exchange, 200, await storage.read(), { 'cache-control': 'no-store' });
}
