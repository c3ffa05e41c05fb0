import { createHash } from 'node:crypto';
import { platformError } from '../../errors.ts';
import { endOf } from '../../oidc/token-claims.ts';
import { Remembered, type RememberedOptions } from '../cache/remembered.ts';
import type { Action, Kubernetes, User } from '../kubernetes.ts';
import type { OpenedSession, Sessions } from '../session/sessions.ts';

/** An answer may be this old (milliseconds): how long a withdrawn token or role goes on working. */
const FRESH_MS = 5_000;
const MAX_TOKEN = 16 * 1024;

/** What a request shows of who sends it: its headers of these names. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}

/** Somebody who was let in. */
export interface Admitted {
  readonly user: User;
  readonly via: 'bearer' | 'cookie';
  /** When the token or the session ends, in milliseconds since 1970, where that is known. */
  readonly endsAt?: number | undefined;
  /** Set-Cookie headers for the answer. */
  readonly cookies: readonly string[];
}

/** Who may do what: the cluster decides both, answers are kept for a few seconds. */
export class Access {
  readonly #kubernetes: Pick<Kubernetes, 'identify' | 'permits'>;
  readonly #users: Remembered<User | undefined>;
  readonly #permits: Remembered<boolean>;
  readonly #sessions: Pick<Sessions, 'open'> | undefined;

  /** Without `sessions` bearer tokens alone let anyone in. */
  constructor(
    kubernetes: Pick<Kubernetes, 'identify' | 'permits'>,
    now: () => number,
    sessions?: Pick<Sessions, 'open'>,
  ) {
    this.#kubernetes = kubernetes;
    this.#sessions = sessions;
    const options: RememberedOptions = { freshMs: FRESH_MS, staleMs: 0, retryMs: 1_000, max: 2_000, now };
    this.#users = new Remembered(options);
    this.#permits = new Remembered(options);
  }

  /**
   * Who sends a request: the user of its bearer token, or else of its session. With `renew` false the session is left as
   * it is, for answers that have begun and can't set cookies. Throws UNAUTHENTICATED, SESSION_ENDED, ISSUER_UNREACHABLE.
   */
  async authenticate({ authorization, cookie }: Credentials, renew = true): Promise<Admitted> {
    const session = authorization === undefined ? await this.#sessions?.open(cookie, renew) : undefined;
    if (session !== undefined) return await this.#admitSession(session);
    const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined || token.length > MAX_TOKEN) {
      throw platformError('UNAUTHENTICATED', { subject: 'Authorization header' });
    }
    const user = await this.#userOf(token);
    if (user === undefined) throw platformError('UNAUTHENTICATED', { subject: 'Authorization header' });
    return { user, via: 'bearer', endsAt: endOf(token), cookies: [] };
  }

  async #admitSession({ token, endsAt, cookies }: OpenedSession): Promise<Admitted> {
    const user = await this.#userOf(token);
    if (user !== undefined) return { user, via: 'cookie', endsAt, cookies };
    throw platformError('SESSION_ENDED', {
      subject: 'session',
      detail: 'the cluster no longer knows its token',
    });
  }

  // Tokens themselves are not kept.
  async #userOf(token: string): Promise<User | undefined> {
    return await this.#users.get(hash(token), () => this.#kubernetes.identify(token));
  }

  async permits(user: User, action: Action): Promise<boolean> {
    const key = hash(JSON.stringify([user, action]));
    return await this.#permits.get(key, () => this.#kubernetes.permits(user, action));
  }

  /** Throws ACCESS_DENIED. */
  async authorize(user: User, action: Action): Promise<void> {
    if (await this.permits(user, action)) return;
    const subject = describe(action);
    throw platformError('ACCESS_DENIED', { subject, detail: `user ${user.username}` });
  }
}

function describe({ verb, resource, subresource, group, namespace, name }: Action): string {
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const which = [namespace, name].filter((part) => part !== undefined).join('/');
  return `${verb} ${what}.${group} ${which}`.trim();
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
