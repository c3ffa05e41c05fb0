import type { Credentials } from '../../content/remote/credentials.ts';
import type { Action } from '../protocol/guard.ts';
import type { Scope } from './tokens/scope.ts';

/** Who is at the other end of the connection, before any name is given. */
export interface Caller {
  readonly address: string;
  /** The common name of a client certificate that was checked against the registry's client CA. */
  readonly certificateName?: string | undefined;
}

export interface AccessRequest {
  /** The Authorization header, if one came. */
  readonly authorization: string | undefined;
  readonly caller: Caller;
  /** Undefined for what concerns the registry as a whole: the version check and the catalog. */
  readonly repository: string | undefined;
  readonly action: Action;
}

/** Someone showed a password, a certificate or a refresh token, and it was looked at. For the audit log. */
export interface Login {
  readonly user: string;
  readonly method: 'password' | 'refresh-token' | 'certificate';
  readonly right: boolean;
  /** Seconds for which further tries from there are not looked at. */
  readonly blockedFor?: number | undefined;
}

/** Too many tries, or more password checks waiting than the registry does at once. */
export interface Busy {
  readonly kind: 'busy';
  /** Seconds. */
  readonly retryAfter: number;
}

export type AccessDecision =
  | {
      readonly kind: 'allow';
      readonly user?: string | undefined;
      /** What the client showed, where the store has to show it too. */
      readonly clientCredentials?: Credentials | undefined;
      /** Which repositories the catalog shows; all when absent. */
      readonly isVisible?: ((repository: string) => boolean) | undefined;
      readonly login?: Login | undefined;
    }
  /** Who is asking? The token that came, if one did, is no good (RFC 6750, section 3.1). */
  | {
      readonly kind: 'challenge';
      readonly error?: 'invalid_token' | 'insufficient_scope' | undefined;
      readonly login?: Login | undefined;
    }
  | { readonly kind: 'deny'; readonly user?: string | undefined; readonly login?: Login | undefined }
  | Busy;

/** What is asked of the token server. */
export interface TokenRequest {
  readonly caller: Caller;
  /** The Authorization header; it counts when there are no credentials in the form. */
  readonly authorization?: string | undefined;
  readonly credentials?:
    | { readonly kind: 'password'; readonly user: string; readonly password: string }
    | { readonly kind: 'refresh-token'; readonly token: string }
    | undefined;
  readonly scopes: readonly Scope[];
  /** A refresh token is wanted too. */
  readonly offline: boolean;
}

export type TokenDecision =
  | {
      readonly kind: 'grant';
      readonly token: string;
      readonly refreshToken?: string | undefined;
      /** What was asked for and may be had. */
      readonly scopes: readonly Scope[];
      readonly seconds: number;
      /** Names the token in the audit log. */
      readonly id: string;
      readonly user?: string | undefined;
      readonly login?: Login | undefined;
    }
  | { readonly kind: 'refuse'; readonly login?: Login | undefined }
  | Busy;

/** Who may do what. The registry asks before it looks at anything. */
export interface Access {
  authorize(request: AccessRequest): Promise<AccessDecision>;
  /** Absent where no login is needed. */
  /** Where no tokens are given out: whether clients are to show a password with each request (RFC 7617). */
  readonly asksForPassword?: boolean | undefined;
  readonly issueToken?: ((request: TokenRequest) => Promise<TokenDecision>) | undefined;
}

/** Everyone may do everything: for a registry on a loopback address or in a test. */
export const openAccess: Access = {
  authorize: async () => ({ kind: 'allow' }),
};

/** Everyone may pull, no one may change anything. */
export const readOnlyAccess: Access = {
  authorize: async ({ action }) => (isReading(action) ? { kind: 'allow' } : { kind: 'deny' }),
};

function isReading(action: Action): boolean {
  return action !== 'push' && action !== 'delete';
}
