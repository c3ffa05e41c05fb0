import type { Exchange, Services } from './exchange.ts';
import { ProtocolError } from './protocol-error.ts';
import { sendJson } from './response.ts';

/** The process lives. */
export function showHealth(exchange: Exchange): void {
  sendJson(exchange, 200, { status: 'ok' }, NEVER_KEPT);
}

/** The store answers and the registry is not stopping: send it requests. */
export async function showReadiness(
  exchange: Exchange,
  { store }: Services,
  stopping: boolean,
): Promise<void> {
  if (stopping) throw new ProtocolError('UNAVAILABLE');
  await store.listRepositories({ limit: 1, signal: exchange.signal });
  sendJson(exchange, 200, { status: 'ready' }, NEVER_KEPT);
}

const NEVER_KEPT = { 'cache-control': 'no-store' };
