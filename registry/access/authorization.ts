import { type Exchange, headerOf, type Services } from '../exchange.ts';
import { ProtocolError } from '../protocol-error.ts';
import type { Action } from './access.ts';

/** Lets the request go on, or throws a ProtocolError: 401 with a challenge, 403, or 429. */
export async function authorize(
  exchange: Exchange,
  { access }: Services,
  repository: string | undefined,
  action: Action,
): Promise<void> {
  const authorization = headerOf(exchange, 'authorization');
  const decision = await access.authorize({ authorization, repository, action });
  if (decision.kind === 'challenge') {
    throw new ProtocolError('UNAUTHORIZED', { headers: { 'www-authenticate': decision.challenge } });
  }
  if (decision.kind === 'deny') throw new ProtocolError('DENIED', { detail: { repository, action } });
  if (decision.kind === 'busy')
    throw new ProtocolError('TOOMANYREQUESTS', { headers: { 'retry-after': '1' } });
  exchange.user ??= decision.user;
}

/** Whether the request may also do this; for what is left out silently when it may not. */
export async function isAllowed(
  exchange: Exchange,
  { access }: Services,
  repository: string,
  action: Action,
): Promise<boolean> {
  const authorization = headerOf(exchange, 'authorization');
  return (await access.authorize({ authorization, repository, action })).kind === 'allow';
}
