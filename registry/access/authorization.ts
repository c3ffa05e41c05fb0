import { TLSSocket } from 'node:tls';
import { type Exchange, headerOf, type Services } from '../exchange.ts';
import { ProtocolError } from '../protocol-error.ts';
import type { AccessDecision, Action, Caller } from './access.ts';
import { bearerChallenge, originOf, type Wanted } from './challenge.ts';
import { recordLogin, recordTurnedAway } from './login-record.ts';

export type Allowed = Extract<AccessDecision, { readonly kind: 'allow' }>;

/**
 * Lets the request go on, or throws a ProtocolError: 401 with a challenge, 403, or 429. `meant` are other names by which
 * the request may mean the repository; a challenge asks for those too.
 */
export async function authorize(
  exchange: Exchange,
  services: Services,
  repository: string | undefined,
  action: Action,
  meant: readonly string[] = [],
): Promise<Allowed> {
  const decision = await decide(exchange, services, repository, action);
  if (decision.kind === 'allow') return decision;
  if (decision.kind === 'busy') throw tooManyTries(decision.retryAfter);
  const error = decision.kind === 'deny' ? 'insufficient_scope' : decision.error;
  const repositories = repository === undefined ? [] : [repository, ...meant];
  const headers = challenge(exchange, services, { repositories, action, error });
  if (decision.kind === 'challenge') throw new ProtocolError('UNAUTHORIZED', { headers });
  throw new ProtocolError('DENIED', { detail: { repository, action }, headers });
}

/**
 * Whether a push to `repository` may take from `source` as well. Throws a ProtocolError (401), which asks the client to
 * get a token for both, where its account may and its token is only for one.
 */
export async function mayTakeFrom(
  exchange: Exchange,
  services: Services,
  { repository, source }: { repository: string; source: string },
): Promise<boolean> {
  const { kind } = await decide(exchange, services, source, 'pull');
  if (kind !== 'challenge') return kind === 'allow';
  const wanted = { repositories: [repository], action: 'push', source, error: 'insufficient_scope' } as const;
  throw new ProtocolError('UNAUTHORIZED', { headers: challenge(exchange, services, wanted) });
}

/** Whether the request may also do this; for what is left out silently when it may not. */
export async function isAllowed(
  exchange: Exchange,
  services: Services,
  repository: string,
  action: Action,
): Promise<boolean> {
  return (await decide(exchange, services, repository, action)).kind === 'allow';
}

export function callerOf({ socket, remote: address = '' }: Exchange): Caller {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return { address };
  // No certificate gives an empty object; several common names in one give a list, and none of them is a name.
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return { address, certificateName: typeof name === 'string' ? name : undefined };
}

export function tooManyTries(seconds: number): ProtocolError {
  return new ProtocolError('TOOMANYREQUESTS', {
    message: `too many wrong passwords; try again in ${seconds} s`,
    headers: { 'retry-after': String(seconds) },
  });
}

function challenge(
  exchange: Exchange,
  { access, externalUrl }: Services,
  wanted: Wanted,
): Record<string, string> {
  if (access.issueToken === undefined) return {};
  return { 'www-authenticate': bearerChallenge(originOf(exchange, externalUrl), wanted) };
}

async function decide(
  exchange: Exchange,
  services: Services,
  repository: string | undefined,
  action: Action,
): Promise<AccessDecision> {
  const authorization = headerOf(exchange, 'authorization');
  const caller = callerOf(exchange);
  const decision = await services.access.authorize({ authorization, caller, repository, action });
  if (decision.kind === 'busy') {
    recordTurnedAway(exchange, services);
    return decision;
  }
  await recordLogin(exchange, services, decision.login);
  if (decision.kind !== 'challenge') exchange.user ??= decision.user;
  return decision;
}
