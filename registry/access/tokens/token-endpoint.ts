import { sendJson } from '../../protocol/answer/response.ts';
import { readBody } from '../../protocol/body.ts';
import { type Exchange, headerOf } from '../../protocol/exchange.ts';
import { ProtocolError } from '../../protocol/protocol-error.ts';
import type { TokenRequest } from '../access.ts';
import type { AccessServices } from '../access-services.ts';
import { callerOf, tooManyTries } from '../authorization.ts';
import { recordLogin, recordThrottled, recordToken } from '../login-record.ts';
import { BASIC_CHALLENGE } from './challenge.ts';
import { formatScopes, parseScopes, type Scope } from './scope.ts';

/**
 * The token server: GET with Basic credentials or none (distribution's token specification), POST with a form (its
 * OAuth 2 variant, RFC 6749). What was asked for and is not allowed is left out of the token, as both have it.
 */
export async function issueToken(exchange: Exchange, services: AccessServices): Promise<void> {
  const { access } = services;
  if (access.issueToken === undefined) {
    throw new ProtocolError('UNSUPPORTED', { status: 404, message: 'nobody has to log in here' });
  }
  const asked = exchange.request.method === 'POST' ? await readForm(exchange) : readQuery(exchange);
  const decision = await access.issueToken({ ...asked, caller: callerOf(exchange) });
  if (decision.kind === 'busy') {
    const { credentials } = asked;
    recordThrottled(exchange, services, credentials?.kind === 'password' ? credentials.user : undefined);
    throw tooManyTries(decision.retryAfter);
  }
  await recordLogin(exchange, services, decision.login);
  if (decision.kind === 'refuse') {
    throw new ProtocolError('UNAUTHORIZED', { headers: { 'www-authenticate': BASIC_CHALLENGE } });
  }
  exchange.user ??= decision.user;
  await recordToken(exchange, services, decision);
  const { token, refreshToken, scopes, seconds } = decision;
  await sendJson(
    exchange,
    200,
    {
      token,
      access_token: token,
      // No issued_at: a client whose clock is wrong would take the token for an old one. Without it the time at which the
      // token came counts.
      expires_in: seconds,
      scope: formatScopes(scopes),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    },
    { 'cache-control': 'no-store' },
  );
}

type Asked = Omit<TokenRequest, 'caller'>;

const MAX_FORM = 16 * 1024;

function readQuery(exchange: Exchange): Asked {
  const { query } = exchange;
  return {
    authorization: headerOf(exchange, 'authorization'),
    scopes: scopesOf(query.getAll('scope')),
    offline: query.get('offline_token') === 'true',
  };
}

async function readForm(exchange: Exchange): Promise<Asked> {
  const form = new URLSearchParams((await readBody(exchange, MAX_FORM)).toString('utf8'));
  const asked = { scopes: scopesOf(form.getAll('scope')), offline: form.get('access_type') === 'offline' };
  const [grant, user, password, token] = ['grant_type', 'username', 'password', 'refresh_token'].map((name) =>
    form.get(name),
  );
  if (grant === 'password' && user && password)
    return { ...asked, credentials: { kind: 'password', user, password } };
  if (grant === 'refresh_token' && token) return { ...asked, credentials: { kind: 'refresh-token', token } };
  throw new ProtocolError('UNSUPPORTED', {
    status: 400,
    message: 'grant_type is "password" with username and password, or "refresh_token" with refresh_token',
  });
}

function scopesOf(parameters: readonly string[]): Scope[] {
  const scopes = parseScopes(parameters);
  if (scopes !== undefined) return scopes;
  throw new ProtocolError('UNSUPPORTED', { status: 400, message: 'more scopes than a token can hold' });
}
