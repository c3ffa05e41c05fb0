import type { Exchange, Services } from '../exchange.ts';
import type { AuditEntry } from './audit.ts';

/** Who did it, as every line about a request says it. */
export function callOf({ id, user, request }: Exchange): Pick<AuditEntry, 'request' | 'user' | 'remote'> {
  return { request: id, user, remote: request.socket.remoteAddress };
}

export type Change = Omit<AuditEntry, 'request' | 'user' | 'remote' | 'result'>;

/** Writes down a change that was made, before anybody is told of it. Rejects when that can't be done. */
export async function recordChange(exchange: Exchange, { audit }: Services, change: Change): Promise<void> {
  await audit.record({ ...callOf(exchange), ...change, result: 'done' });
}
