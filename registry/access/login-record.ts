import { callOf } from '../audit/audit-change.ts';
import { type Exchange, headerOf } from '../protocol/exchange.ts';
import type { Login, TokenDecision } from './access.ts';
import type { AccessServices } from './access-services.ts';
import { parseBasic } from './passwords/basic-credentials.ts';
import { formatScopes } from './tokens/scope.ts';

/**
 * Puts a login into the audit log. A log that can't be written to keeps no user out: an operator who frees the disk has to log in
 * too. What they change without a line there is refused later.
 */
export async function recordLogin(
  exchange: Exchange,
  { audit }: AccessServices,
  login: Login | undefined,
): Promise<void> {
  if (login === undefined) return;
  const { user, method, right, blockedFor } = login;
  const result = right ? 'done' : 'refused';
  const entry = { ...callOf(exchange), action: 'login', user: user.slice(0, 128), method, result } as const;
  await audit.record({ ...entry, blockedFor }).catch(() => undefined);
}

/** Puts the issue of a token into the audit log, unless it is one that anybody gets. */
export async function recordToken(
  exchange: Exchange,
  { audit }: AccessServices,
  { id, user, scopes }: Extract<TokenDecision, { readonly kind: 'grant' }>,
): Promise<void> {
  if (user === undefined) return;
  const entry = { ...callOf(exchange), action: 'token', result: 'done', user } as const;
  await audit.record({ ...entry, token: id, scope: formatScopes(scopes) }).catch(() => undefined);
}

/** Notes a try that was not looked at, under the name that it had with it. */
export function recordThrottled(exchange: Exchange, { throttled }: AccessServices, form?: string): void {
  const user = form ?? parseBasic(headerOf(exchange, 'authorization'))?.user;
  throttled.add({ ...callOf(exchange), user: user?.slice(0, 128) });
}
