import { refreshTokens, revokeTokens } from '../../oidc/code-flow.ts';
import { Issuer } from '../../oidc/issuer.ts';
import type { Login } from './login-file.ts';

type Refresh = NonNullable<Login['refresh']>;

/** The same login with other tokens. Throws SIGN_IN_REFUSED and ISSUER_UNREACHABLE. */
export async function refreshLogin(login: Login, refresh: Refresh): Promise<Login> {
  const { idToken, refreshToken } = await refreshTokens(issuerOf(refresh), refresh.token);
  return { ...login, token: idToken, refresh: { ...refresh, token: refreshToken ?? refresh.token } };
}

/** Tells the identity provider that nobody wants its refresh token any more. Throws as refreshLogin does. */
export async function revokeLogin(refresh: Refresh): Promise<void> {
  await revokeTokens(issuerOf(refresh), refresh.token);
}

function issuerOf({ issuer, clientId, ca, scopes }: Refresh): Issuer {
  return new Issuer({ url: issuer, clientId, ca, scopes }, () => performance.now());
}
