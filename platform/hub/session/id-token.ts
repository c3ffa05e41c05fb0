import { createRemoteJWKSet, customFetch, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { messageOf } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import type { Issuer } from '../../oidc/issuer.ts';
import type { User } from '../kubernetes.ts';

/** Which claims of an ID token say who somebody is. */
export interface ClaimMapping {
  readonly username: string;
  /** A text, or texts; nobody has groups of the issuer when absent. */
  readonly groups?: string | undefined;
  /** Stands before both, so that nobody bears the name of another user or group of the cluster. */
  readonly prefix: string;
}

export interface IdTokensOptions {
  readonly issuer: Pick<Issuer, 'setting' | 'fetch' | 'configuration' | 'forget'>;
  /** Client ids, one of which a token must be for. */
  readonly audiences: readonly string[];
  readonly claims: ClaimMapping;
  /** The time of day. */
  readonly now: () => Date;
}

const TIMEOUT_MS = 10_000;
/** Signatures with a key that only the issuer has; none by a shared secret, and "none" least of all. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_SECONDS = 10;
const Name = z.string().min(1).max(500);
const Groups = z.union([Name.transform((name) => [name]), z.array(Name).max(1_000)]);

/** ID tokens, checked by the hub itself, for clusters whose API server knows nothing of the issuer. */
export class IdTokens {
  readonly #options: IdTokensOptions;
  #keys: { readonly uri: string; readonly set: ReturnType<typeof createRemoteJWKSet> } | undefined;

  constructor(options: IdTokensOptions) {
    this.#options = options;
  }

  /** Whether a token says that it is of the issuer. Whether that is true is for `identify` to find out. */
  isOfIssuer(token: string): boolean {
    try {
      return decodeJwt(token).iss === this.#options.issuer.setting.url;
    } catch {
      return false;
    }
  }

  /** Whose token it is; undefined when it can't be believed. Throws ISSUER_UNREACHABLE. */
  async identify(token: string): Promise<User | undefined> {
    const { issuer } = this.#options;
    const before = await this.#keySet();
    try {
      return await this.#verify(token, before);
    } catch (error) {
      // The issuer may have moved its keys to another address: its discovery document says.
      if (error instanceof errors.JWKSNoMatchingKey && issuer.forget()) {
        const after = await this.#keySet();
        if (after !== before) return await this.identify(token);
      }
      if (isDoubt(error)) return undefined;
      throw platformError('ISSUER_UNREACHABLE', {
        subject: issuer.setting.url,
        detail: messageOf(error),
        cause: error,
      });
    }
  }

  async #verify(token: string, keys: ReturnType<typeof createRemoteJWKSet>): Promise<User | undefined> {
    const { issuer, audiences, now, claims } = this.#options;
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.setting.url,
      audience: [...audiences],
      algorithms: ALGORITHMS,
      currentDate: now(),
      clockTolerance: CLOCK_SECONDS,
      requiredClaims: ['exp', 'iat', 'sub'],
    });
    return userOf(payload, claims);
  }

  // Keys that are not known are asked for again, though not at each token (jose).
  async #keySet() {
    const { issuer } = this.#options;
    const { jwks_uri } = (await issuer.configuration()).serverMetadata();
    if (jwks_uri === undefined)
      throw platformError('ISSUER_UNREACHABLE', { subject: issuer.setting.url, detail: 'it names no keys' });
    if (this.#keys?.uri === jwks_uri) return this.#keys.set;
    const set = createRemoteJWKSet(new URL(jwks_uri), {
      timeoutDuration: TIMEOUT_MS,
      [customFetch]: async (url, { headers, method, signal }) =>
        await issuer.fetch(url, {
          headers: Object.fromEntries(headers),
          method,
          signal,
          body: undefined,
          redirect: 'manual',
        }),
    });
    this.#keys = { uri: jwks_uri, set };
    return set;
  }
}

function userOf(payload: JWTPayload, { username, groups, prefix }: ClaimMapping): User | undefined {
  const name = Name.safeParse(payload[username]);
  // As the API server does it: an address that nobody has checked names nobody.
  if (!name.success || (username === 'email' && payload.email_verified === false)) return undefined;
  const found = groups === undefined ? undefined : Groups.safeParse(payload[groups]);
  const names = found?.success ? found.data : [];
  // What "system:" begins is the cluster's own.
  const own = [name.data, ...names].map((part) => `${prefix}${part}`);
  if (own.some((part) => part.startsWith('system:'))) return undefined;
  const [user = '', ...members] = own;
  return { username: user, groups: [...members, 'system:authenticated'] };
}

function isDoubt(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    error.code !== 'ERR_JOSE_GENERIC'
  );
}
