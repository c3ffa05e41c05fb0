import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { SignJWT } from 'jose';
import Provider from 'oidc-provider';
import { makeAuthority, makeServing } from '../../hub/tls/certificate.ts';

export const CLIENT_ID = 'skerry';
export const PROGRAM_CLIENT_ID = 'skerry-cli';

export interface IssuerUser {
  readonly groups: readonly string[];
}

export interface TestIssuer {
  readonly url: string;
  /** The authority (PEM) of its certificate. */
  readonly ca: string;
  /** Who can sign in, each with any password. What they are is asked for again when tokens are refreshed. */
  readonly users: Map<string, IssuerUser>;
  /** An ID token of this issuer, good for ten minutes, with its own key or another one. */
  token(claims: Readonly<Record<string, unknown>>, key?: KeyObject): Promise<string>;
  /** Answers nothing from now on, or again. */
  setAway(isAway: boolean): void;
  /** How often the token endpoint was asked. */
  readonly tokenRequests: () => number;
  close(): Promise<void>;
}

export interface TestIssuerOptions {
  readonly host?: string;
  /** A free one when absent. */
  readonly port?: number;
  /** Where browsers may be sent back to. */
  readonly redirectUris: readonly string[];
  readonly homeUris?: readonly string[];
  /** How long an ID token is good. */
  readonly tokenSeconds?: number;
}

/** An OpenID provider of its own, with device flow, refresh tokens that change, revocation and logout. */
export async function startIssuer(options: TestIssuerOptions): Promise<TestIssuer> {
  const { host = '127.0.0.1', port = 0, redirectUris, homeUris = [], tokenSeconds = 600 } = options;
  const now = new Date();
  const authority = await makeAuthority(now);
  const { certificate: cert, key } = await makeServing(authority, ['localhost', '127.0.0.1'], now);
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const users = new Map<string, IssuerUser>();
  const server = createServer({ cert, key });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `https://localhost:${address.port}`;
  const provider = new Provider(url, configuration({ signing, users, redirectUris, homeUris, tokenSeconds }));
  const answer = provider.callback();
  const sockets = new Set<Socket>();
  let isAway = false;
  let tokenRequests = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    if (isAway) {
      request.socket.destroy();
      return;
    }
    if (request.url?.startsWith('/token') === true && !request.url.includes('revocation')) tokenRequests++;
    answer(request, response);
  });
  return {
    url,
    ca: authority.certificate,
    users,
    token: async (claims, forged = signing) =>
      await new SignJWT({ iss: url, aud: CLIENT_ID, iat: seconds(0), exp: seconds(600), ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .sign(forged),
    setAway: (away) => {
      isAway = away;
    },
    tokenRequests: () => tokenRequests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** So many seconds from now, as tokens have it. */
function seconds(later: number): number {
  return Math.floor(Date.now() / 1000) + later;
}

interface ConfigurationInput {
  readonly signing: KeyObject;
  readonly users: ReadonlyMap<string, IssuerUser>;
  readonly redirectUris: readonly string[];
  readonly homeUris: readonly string[];
  readonly tokenSeconds: number;
}

function configuration({ signing, users, redirectUris, homeUris, tokenSeconds }: ConfigurationInput) {
  const client = {
    token_endpoint_auth_method: 'none',
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  };
  return {
    clients: [
      {
        ...client,
        client_id: CLIENT_ID,
        redirect_uris: redirectUris,
        post_logout_redirect_uris: homeUris,
      },
      {
        ...client,
        client_id: PROGRAM_CLIENT_ID,
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/callback'],
      },
    ],
    jwks: { keys: [{ ...signing.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'k1' }] },
    features: {
      deviceFlow: { enabled: true },
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    cookies: { keys: ['test'] },
    ttl: {
      IdToken: tokenSeconds,
      AccessToken: tokenSeconds,
      RefreshToken: 86_400,
      Grant: 86_400,
      Session: 86_400,
    },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    findAccount: async (_context: unknown, id: string) => {
      const user = users.get(id);
      if (user === undefined) return undefined;
      const claims = async () => ({ sub: id, preferred_username: id, groups: users.get(id)?.groups ?? [] });
      return { accountId: id, claims };
    },
  };
}
