import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Action } from '../protocol/guard.ts';
import type {
  Access,
  AccessDecision,
  AccessRequest,
  Busy,
  Caller,
  Login,
  TokenDecision,
  TokenRequest,
} from './access.ts';
import { type AttemptLimits, Attempts, DEFAULT_ATTEMPTS } from './attempts.ts';
import { type BasicCredentials, parseBasic } from './passwords/basic-credentials.ts';
import { PasswordCheck } from './passwords/password-check.ts';
import { GRANTABLE, isGranted, isOver, mayList } from './permissions.ts';
import type { Scope } from './tokens/scope.ts';
import { type Claims, parseBearer, signToken } from './tokens/token.ts';
import { TokenReader } from './tokens/token-reader.ts';
import type { Account, Users } from './users-file.ts';

export interface AccountAccessOptions {
  /** The accounts as they are now; undefined as long as there are none to be, and then everyone may do everything. */
  readonly users: () => Users | undefined;
  /** Pulling and listing need no account. */
  readonly anonymousPull: boolean;
  /** 32 random bytes; tokens last as long as they stay the same. */
  readonly key: Buffer;
  /** A client certificate's common name is an account's name, and the certificate as good as its password. */
  readonly certificateUsers?: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Milliseconds that only grow, whatever happens to the clock. */
  readonly uptime: () => number;
  readonly randomId: () => string;
  readonly attempts?: Partial<AttemptLimits> | undefined;
  /** How long credentials that were right are remembered, in milliseconds. */
  readonly remember?: number | undefined;
}

/** Short, as what has been granted to a token is; what the account lost meanwhile is gone from the token at once. */
const TOKEN_MS = 15 * 60_000;
/** `docker login` keeps one in the place of the password. */
const REFRESH_MS = 90 * 24 * 3600_000;
const REMEMBER_MS = 300_000;
const MAX_CERTIFICATES = 1000;

/**
 * Access for the accounts of a users file, by password (Basic), by token (distribution's token specification, with the
 * registry as its own token server) or by client certificate. A token is good for what was asked for, what the account
 * could do then, and what it can still do.
 */
export function accountAccess(options: AccountAccessOptions): Access {
  return new AccountAccess(options);
}

/** Who is asking, once that is known. */
interface Identity {
  /** Absent for someone who did not log in. */
  readonly account?: Account | undefined;
  /** What the token is good for; undefined when it was not a token. */
  readonly scopes?: readonly Scope[] | undefined;
  readonly login?: Login | undefined;
}

type Identified =
  | { readonly kind: 'known'; readonly identity: Identity }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'refused'; readonly error?: 'invalid_token'; readonly login?: Login }
  | Busy;

class AccountAccess implements Access {
  readonly #options: AccountAccessOptions;
  readonly #tokenKey: Buffer;
  readonly #tokens: TokenReader;
  readonly #passwords: PasswordCheck;
  /** Until when a login by certificate is not recorded again, by account and address. */
  readonly #certificates = new LRUCache<string, number>({ max: MAX_CERTIFICATES });
  readonly #bonds = new WeakMap<Account, string>();

  constructor(options: AccountAccessOptions) {
    const { users, clock, uptime, remember = REMEMBER_MS } = options;
    this.#options = options;
    this.#tokenKey = derive(options.key, 'tokens');
    this.#tokens = new TokenReader(this.#tokenKey);
    this.#passwords = new PasswordCheck({
      users: () => users() ?? new Map(),
      attempts: new Attempts({ ...DEFAULT_ATTEMPTS, ...options.attempts }, uptime),
      cacheKey: derive(options.key, 'remembered credentials'),
      clock,
      uptime,
      remember,
    });
  }

  async authorize(request: AccessRequest): Promise<AccessDecision> {
    if (this.#options.users() === undefined) return { kind: 'allow' };
    const found = await this.#identify(request.authorization, request.caller);
    if (found.kind === 'busy') return found;
    if (found.kind === 'refused') return { kind: 'challenge', error: found.error, login: found.login };
    if (found.kind === 'anonymous') {
      return this.#isOpen(request.action) ? { kind: 'allow' } : { kind: 'challenge' };
    }
    return this.#decide(found.identity, request);
  }

  readonly issueToken = async (request: TokenRequest): Promise<TokenDecision> => {
    // As long as everyone may do everything, a token is for nothing.
    if (this.#options.users() === undefined) return this.#grant({ ...request, scopes: [] }, {});
    const { credentials, authorization, caller } = request;
    const found =
      credentials === undefined
        ? await this.#identify(authorization, caller)
        : credentials.kind === 'password'
          ? await this.#byPassword(credentials, caller)
          : this.#byRefreshToken(credentials.token);
    if (found.kind === 'busy') return found;
    if (found.kind === 'refused') return { kind: 'refuse', login: found.login };
    if (found.kind === 'known') {
      // A token is no way to another token with more in it.
      return found.identity.scopes === undefined ? this.#grant(request, found.identity) : { kind: 'refuse' };
    }
    return this.#isOpen('pull') ? this.#grant(request, {}) : { kind: 'refuse' };
  };

  async #identify(authorization: string | undefined, caller: Caller): Promise<Identified> {
    const token = parseBearer(authorization);
    if (token !== undefined) return this.#byToken(token);
    const credentials = parseBasic(authorization);
    if (credentials !== undefined) return await this.#byPassword(credentials, caller);
    const account = this.#byCertificate(caller);
    if (account === undefined) return { kind: 'anonymous' };
    return { kind: 'known', identity: { account, login: this.#certificateLogin(account, caller) } };
  }

  async #byPassword(credentials: BasicCredentials, { address }: Caller): Promise<Identified> {
    const { user } = credentials;
    const outcome = await this.#passwords.check(credentials, address);
    if (outcome.kind === 'busy') return outcome;
    if (outcome.kind === 'wrong') {
      const { blockedFor } = outcome;
      return { kind: 'refused', login: { user, method: 'password', right: false, blockedFor } };
    }
    const login: Login | undefined = outcome.fresh ? { user, method: 'password', right: true } : undefined;
    return { kind: 'known', identity: { account: outcome.account, login } };
  }

  #byToken(token: string): Identified {
    const claims = this.#tokens.read(token, this.#options.clock());
    const refused = { kind: 'refused', error: 'invalid_token' } as const;
    if (claims?.use !== 'access') return refused;
    const scopes = claims.access.flatMap(({ type, name, actions }) =>
      type === 'repository' || type === 'registry' ? [{ type, name, actions } as const] : [],
    );
    if (claims.user === undefined) return { kind: 'known', identity: { scopes } };
    const account = this.#accountOf(claims);
    return account === undefined ? refused : { kind: 'known', identity: { account, scopes } };
  }

  #byRefreshToken(token: string): Identified {
    const claims = this.#tokens.read(token, this.#options.clock());
    const account = claims?.use === 'refresh' ? this.#accountOf(claims) : undefined;
    const method = 'refresh-token';
    if (account !== undefined) {
      return { kind: 'known', identity: { account, login: { user: account.name, method, right: true } } };
    }
    return { kind: 'refused', login: { user: claims?.user ?? '', method, right: false } };
  }

  // The CA that the operator named has signed it: there is nothing left to guess.
  #byCertificate({ certificateName }: Caller): Account | undefined {
    if (!this.#options.certificateUsers || certificateName === undefined) return undefined;
    return this.#living(certificateName);
  }

  // Shown with each connection: recorded as often as a password that is remembered.
  #certificateLogin({ name, fingerprint }: Account, { address }: Caller): Login | undefined {
    const { uptime, remember = REMEMBER_MS } = this.#options;
    const key = `${address} ${name} ${fingerprint}`;
    const known = this.#certificates.get(key);
    if (known !== undefined && known > uptime()) return undefined;
    this.#certificates.set(key, uptime() + remember);
    return { user: name, method: 'certificate', right: true };
  }

  #accountOf({ user = '', account: made }: Claims): Account | undefined {
    const account = this.#living(user);
    return account !== undefined && made === this.#bondOf(account) ? account : undefined;
  }

  #living(name: string): Account | undefined {
    const account = this.#options.users()?.get(name);
    return account !== undefined && !isOver(account.permissions, this.#options.clock()) ? account : undefined;
  }

  /** What ties a token to an account as it is; says nothing of its password. */
  #bondOf(account: Account): string {
    const known = this.#bonds.get(account);
    if (known !== undefined) return known;
    const { name, fingerprint } = account;
    const made = createHmac('sha256', this.#tokenKey).update(`${name}:${fingerprint}`);
    const bond = made.digest('base64url').slice(0, 22);
    this.#bonds.set(account, bond);
    return bond;
  }

  #decide(identity: Identity, { repository, action }: AccessRequest): AccessDecision {
    const { account, scopes, login } = identity;
    const user = account?.name;
    const isVisible = this.#visibleTo(account);
    if (action === 'enter' || this.#isOpen(action)) return { kind: 'allow', user, login, isVisible };
    const inScope = scopes === undefined || scopes.some((scope) => covers(scope, repository, action));
    if (!isAllowed(account, repository, action)) {
      // Who has not said a name yet may still do so.
      return account === undefined
        ? { kind: 'challenge', error: 'insufficient_scope' }
        : { kind: 'deny', user, login };
    }
    return inScope
      ? { kind: 'allow', user, login, isVisible }
      : { kind: 'challenge', error: 'insufficient_scope', login };
  }

  #isOpen(action: Action): boolean {
    return this.#options.anonymousPull && (action === 'pull' || action === 'list');
  }

  #visibleTo(account: Account | undefined): ((repository: string) => boolean) | undefined {
    if (this.#isOpen('list') || account === undefined || account.permissions.rules === undefined)
      return undefined;
    return (repository) => isGranted(account.permissions, repository, 'list');
  }

  #grant({ scopes: asked, offline }: TokenRequest, { account, login }: Identity): TokenDecision {
    const { clock, randomId } = this.#options;
    const [issued, id] = [clock(), randomId()];
    const scopes = asked
      .map((scope) => this.#allowedPart(scope, account))
      .filter(({ actions }) => actions.length > 0);
    const user = account?.name;
    const bond = account === undefined ? undefined : this.#bondOf(account);
    const common = { id, user, account: bond, issued };
    const access = { ...common, use: 'access', access: scopes, expires: issued + TOKEN_MS } as const;
    const refresh = { ...common, use: 'refresh', access: [], expires: issued + REFRESH_MS } as const;
    return {
      kind: 'grant',
      token: signToken(access, this.#tokenKey),
      refreshToken: offline && account !== undefined ? signToken(refresh, this.#tokenKey) : undefined,
      scopes,
      seconds: TOKEN_MS / 1000,
      id,
      user,
      login,
    };
  }

  #allowedPart({ type, name, actions }: Scope, account: Account | undefined): Scope {
    if (type === 'registry') {
      const open = this.#isOpen('list') || isAllowed(account, undefined, 'list');
      return { type, name, actions: open && actions.includes('*') ? ['*'] : [] };
    }
    const wanted = actions.includes('*') ? (['pull', 'push', 'delete'] as const) : GRANTABLE;
    const allowed = wanted.filter(
      (action) =>
        action !== 'list' &&
        (actions.includes('*') || actions.includes(action)) &&
        (this.#isOpen(action) || isAllowed(account, name, action)),
    );
    return { type, name, actions: allowed };
  }
}

function isAllowed(account: Account | undefined, repository: string | undefined, action: Action): boolean {
  if (account === undefined || action === 'enter') return false;
  if (action === 'list') return mayList(account.permissions);
  return repository !== undefined && isGranted(account.permissions, repository, action);
}

function covers({ type, name, actions }: Scope, repository: string | undefined, action: Action): boolean {
  if (action === 'list') return type === 'registry' && actions.includes('*');
  return type === 'repository' && name === repository && actions.includes(action);
}

function derive(key: Buffer, purpose: string): Buffer {
  return createHmac('sha256', key).update(purpose).digest();
}
