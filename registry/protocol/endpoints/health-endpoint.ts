import { sendJson } from '../answer/response.ts';
import type { Exchange, Services } from '../exchange.ts';
import { ProtocolError } from '../protocol-error.ts';
import { troubleReading, writesOf } from '../readiness.ts';

/** The process lives. */
export async function showHealth(exchange: Exchange): Promise<void> {
  await sendJson(exchange, 200, { status: 'ok' }, NEVER_KEPT);
}

/**
 * The store answers and the registry is not stopping: send it requests. What becomes of pushes is said as well, and is
 * no reason to be taken out of rotation: a client that can't push here can still pull.
 */
export async function showReadiness(
  exchange: Exchange,
  services: Services,
  stopping: boolean,
): Promise<void> {
  if (stopping) throw new ProtocolError('UNAVAILABLE');
  const cause = await troubleReading(services, exchange.signal);
  if (cause !== undefined) {
    // The reason may name files; it is for the log.
    throw new ProtocolError('UNAVAILABLE', { message: 'the store cannot be read', cause });
  }
  await sendJson(exchange, 200, { status: 'ready', writes: await writesOf(services) }, NEVER_KEPT);
}

const NEVER_KEPT = { 'cache-control': 'no-store' };
