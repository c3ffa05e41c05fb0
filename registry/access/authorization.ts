import { TLSSocket } from 'node:tls';
import { type Exchange, headerOf } from '../protocol/exchange.ts';
import type { Action, Allowed, Guard } from '../protocol/guard.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import type { AccessDecision, Caller } from './access.ts';
import type { AccessServices } from './access-services.ts';
import { recordLogin, recordThrottled } from './login-record.ts';
import { BASIC_CHALLENGE, bearerChallenge, originOf, type Wanted } from './tokens/challenge.ts';

/** Asks `access` for each request, records logins, and tells clients how to log in. */
export function guardOf(services: AccessServices): Guard {
  return {
    authorize: (exchange, repository, action, meant) =>
      authorize(exchange, services, { repository, action, meant }),
    isAllowed: async (exchange, repository, action) =>
      (await decide(exchange, services, repository, action)).kind === 'allow',
    mayTakeFrom: (exchange, push) => mayTakeFrom(exchange, services, push),
  };
}

async function authorize(
  exchange: Exchange,
  services: AccessServices,
  asked: { repository: string | undefined; action: Action; meant?: readonly string[] | undefined },
): Promise<Allowed> {
  const { repository, action, meant = [] } = asked;
  const decision = await decide(exchange, services, repository, action);
  if (decision.kind === 'allow') return decision;
  if (decision.kind === 'busy') throw tooManyTries(decision.retryAfter);
  const error = decision.kind === 'deny' ? 'insufficient_scope' : decision.error;
  const repositories = repository === undefined ? [] : [repository, ...meant];
  const headers = challenge(exchange, services, { repositories, action, error });
  if (decision.kind === 'challenge') throw new ProtocolError('UNAUTHORIZED', { headers });
  throw new ProtocolError('DENIED', { detail: { repository, action }, headers });
}

async function mayTakeFrom(
  exchange: Exchange,
  services: AccessServices,
  { repository, source }: { repository: string; source: string },
): Promise<boolean> {
  const { kind } = await decide(exchange, services, source, 'pull');
  if (kind !== 'challenge') return kind === 'allow';
  const wanted = { repositories: [repository], action: 'push', source, error: 'insufficient_scope' } as const;
  throw new ProtocolError('UNAUTHORIZED', { headers: challenge(exchange, services, wanted) });
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
  { access, externalUrl }: AccessServices,
  wanted: Wanted,
): Record<string, string> {
  if (access.issueToken === undefined)
    return access.asksForPassword === true ? { 'www-authenticate': BASIC_CHALLENGE } : {};
  return { 'www-authenticate': bearerChallenge(originOf(exchange, externalUrl), wanted) };
}

async function decide(
  exchange: Exchange,
  services: AccessServices,
  repository: string | undefined,
  action: Action,
): Promise<AccessDecision> {
  const authorization = headerOf(exchange, 'authorization');
  const caller = callerOf(exchange);
  const decision = await services.access.authorize({ authorization, caller, repository, action });
  if (decision.kind === 'busy') {
    recordThrottled(exchange, services);
    return decision;
  }
  await recordLogin(exchange, services, decision.login);
  if (decision.kind !== 'challenge') exchange.user ??= decision.user;
  if (decision.kind === 'allow') exchange.clientCredentials ??= decision.clientCredentials;
  return decision;
}
