import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  tokenRevocation,
} from 'openid-client';
import { platformError } from '../errors.ts';
import type { Issuer, Tokens } from './issuer.ts';

/** What a login has begun with, by which its end is known to belong to it. */
export interface BegunLogin {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** Begins the authorization code flow with PKCE (RFC 7636): where to send the browser. Throws ISSUER_UNREACHABLE. */
export async function beginLogin(
  issuer: Issuer,
  redirectUri: string,
): Promise<BegunLogin & { readonly url: string }> {
  const begun = {
    state: randomState(),
    nonce: randomNonce(),
    verifier: randomPKCECodeVerifier(),
    redirectUri,
  };
  const challenge = await calculatePKCECodeChallenge(begun.verifier);
  const url = buildAuthorizationUrl(await issuer.configuration(), {
    redirect_uri: redirectUri,
    scope: issuer.setting.scopes.join(' '),
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: begun.state,
    nonce: begun.nonce,
  });
  return { ...begun, url: url.href };
}

/** Ends it with what the browser came back with. Throws SIGN_IN_REFUSED and ISSUER_UNREACHABLE. */
export async function finishLogin(issuer: Issuer, begun: BegunLogin, query: string): Promise<Tokens> {
  const back = new URL(begun.redirectUri);
  back.search = query;
  const tokens = await issuer.ask(
    async (configuration) =>
      await authorizationCodeGrant(configuration, back, {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        idTokenExpected: true,
      }),
  );
  return tokensOf(issuer, tokens, undefined);
}

/** Others in place of tokens that end. Throws SIGN_IN_REFUSED where the issuer gives none, and ISSUER_UNREACHABLE. */
export async function refreshTokens(issuer: Issuer, refreshToken: string): Promise<Tokens> {
  const tokens = await issuer.ask(
    async (configuration) => await refreshTokenGrant(configuration, refreshToken),
  );
  // RFC 6749, 6: an issuer that gives no other refresh token lets the one before stand.
  return tokensOf(issuer, tokens, refreshToken);
}

/** Tells the issuer that a refresh token is no longer wanted (RFC 7009), where it takes that. */
export async function revokeTokens(issuer: Issuer, refreshToken: string): Promise<void> {
  await issuer.ask(async (configuration) => {
    if (configuration.serverMetadata().revocation_endpoint === undefined) return;
    await tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' });
  });
}

/** Where the browser signs out at the issuer too (OpenID Connect RP-Initiated Logout); undefined where it can't. */
export async function logoutUrl(
  issuer: Issuer,
  idToken: string,
  homeUrl: string,
): Promise<string | undefined> {
  const configuration = await issuer.configuration();
  if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
  return buildEndSessionUrl(configuration, { id_token_hint: idToken, post_logout_redirect_uri: homeUrl })
    .href;
}

/** What an issuer gave. Throws SIGN_IN_REFUSED where no ID token is in it. */
export function tokensOf(
  issuer: Issuer,
  { id_token, refresh_token }: { id_token?: string | undefined; refresh_token?: string | undefined },
  before: string | undefined,
): Tokens {
  if (id_token === undefined)
    throw platformError('SIGN_IN_REFUSED', { subject: issuer.setting.url, detail: 'it gave no ID token' });
  return { idToken: id_token, refreshToken: refresh_token ?? before };
}
