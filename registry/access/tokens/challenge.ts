import { TLSSocket } from 'node:tls';
import type { Exchange } from '../../protocol/exchange.ts';
import type { Action } from '../../protocol/guard.ts';
import { SERVICE } from './token.ts';

/** What a request would have needed, as a challenge says it. */
export interface Wanted {
  /** Under every name that the request may mean; none for what concerns the registry as a whole. */
  readonly repositories: readonly string[];
  readonly action: Action;
  /** Where it would have to pull from besides. */
  readonly source?: string | undefined;
  readonly error?: 'invalid_token' | 'insufficient_scope' | undefined;
}

/** The WWW-Authenticate header that leads clients to the registry's own token server (distribution's token spec). */
export function bearerChallenge(origin: string, { repositories, action, source, error }: Wanted): string {
  const scopes =
    action === 'list' ? ['registry:catalog:*'] : repositories.map((name) => scopeOf(name, action));
  if (source !== undefined) scopes.push(scopeOf(source, 'pull'));
  return [
    `Bearer realm="${origin}/token"`,
    `service="${SERVICE}"`,
    ...(scopes.length === 0 ? [] : [`scope="${scopes.join(' ')}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ].join(',');
}

/** How the token server asks for a password. */
export const BASIC_CHALLENGE = `Basic realm="${SERVICE}", charset="UTF-8"`;

/**
 * Under which address the client knows the registry: what it wrote into Host, over what it connected by. It tells clients
 * where to take their password, so nothing gets in that is no host, and a header that a proxy may or may not have set does
 * not count; behind a proxy the address is named with `--external-url`.
 */
export function originOf({ request, socket }: Exchange, externalUrl: string | undefined): string {
  if (externalUrl !== undefined) return externalUrl;
  const { host = '' } = request.headers;
  const local = `${socket.localFamily === 'IPv6' ? `[${socket.localAddress}]` : socket.localAddress}:${socket.localPort}`;
  return `${socket instanceof TLSSocket ? 'https' : 'http'}://${HOST.test(host) ? host : local}`;
}

/** RFC 3986: a name, an IPv4 address, or an IPv6 address in brackets; at will with a port. */
const HOST =
  /^(?=.{1,255}$)(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;

// Who pushes looks first what is there already.
function scopeOf(repository: string, action: Action): string {
  return `repository:${repository}:${action === 'push' ? 'pull,push' : action}`;
}
