import { createHash } from 'node:crypto';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { refreshTokens, revokeTokens } from '../../oidc/code-flow.ts';
import type { Issuer, Tokens } from '../../oidc/issuer.ts';
import { endOf, renewalOf } from '../../oidc/token-claims.ts';
import { Remembered } from '../cache/remembered.ts';
import { noSessionCookies, sessionCookies, sessionIn } from './cookie.ts';
import type { EndedSessions } from './ended-sessions.ts';
import type { SessionKeys } from './session-keys.ts';
import { StoredSession } from './stored-session.ts';

export interface SessionsOptions {
  readonly keys: Pick<SessionKeys, 'seal' | 'open'>;
  /** Absent where only pasted tokens let anyone in. */
  readonly issuer?: Issuer | undefined;
  readonly ended: Pick<EndedSessions, 'add' | 'has'>;
  /** Of a whole session, whatever is refreshed within. */
  readonly maxSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomId: () => string;
}

/** A session that a request came with. */
export interface OpenedSession {
  /** A bearer token for the cluster to judge. */
  readonly token: string;
  /** When it ends for good, in milliseconds since 1970. */
  readonly endsAt: number;
  /** Set-Cookie headers, where the browser is to keep something else from now on. */
  readonly cookies: readonly string[];
}

const PURPOSE = 'session';
/** Requests that came with the same refresh token within this time (milliseconds) have what the first one got. */
const REFRESHED_MS = 120_000;

/** Sessions of people in browsers, each in its browser's cookie, sealed. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #refreshed: Remembered<StoredSession>;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#refreshed = new Remembered({
      freshMs: REFRESHED_MS,
      staleMs: 0,
      retryMs: 1_000,
      max: 5_000,
      now: options.now,
    });
  }

  /** Cookies for somebody who has signed in with tokens. Throws SESSION_TOO_LARGE. */
  begin(via: StoredSession['via'], { idToken, refreshToken }: Tokens): string[] {
    const { now, maxSeconds, randomId } = this.#options;
    const latest = Math.floor(now() / 1000) + maxSeconds;
    // Without another token to follow it, the session ends with the token.
    const tokenEnd =
      refreshToken === undefined ? (endOf(idToken) ?? Number.POSITIVE_INFINITY) / 1000 : latest;
    const endsAt = Math.floor(Math.min(latest, tokenEnd));
    return this.#cookies({ via, token: idToken, refreshToken, endsAt, id: randomId() });
  }

  /**
   * The session in a Cookie header; undefined where there is none. A token near its end is replaced, unless `renew` is
   * false: then its end is that of the session. Throws SESSION_ENDED, and ISSUER_UNREACHABLE where the token has ended
   * and nobody gives another one.
   */
  async open(header: string | undefined, renew = true): Promise<OpenedSession | undefined> {
    const sealed = sessionIn(header);
    if (sealed === undefined) return undefined;
    const { session, isFresh } = await this.#read(sealed);
    const current = await this.#current(session, renew);
    const cookies = current === session && isFresh ? [] : this.#cookies(current);
    return { token: current.token, endsAt: session.endsAt * 1000, cookies };
  }

  /** Ends the session of a Cookie header, as far as that can be said of it. Gives what it was. */
  async end(header: string | undefined): Promise<{ cookies: string[]; session?: StoredSession }> {
    const cookies = noSessionCookies();
    const sealed = sessionIn(header);
    if (sealed === undefined) return { cookies };
    const read = await this.#read(sealed).catch((error: unknown) => {
      if (isSkerryError(error, 'SESSION_ENDED')) return undefined;
      throw error;
    });
    if (read === undefined) return { cookies };
    const { session } = read;
    await this.#options.ended.add(session.id, session.endsAt);
    await this.#revoke(session);
    return { cookies, session };
  }

  async #read(sealed: string): Promise<{ session: StoredSession; isFresh: boolean }> {
    const { keys, now, ended } = this.#options;
    const opened = await keys.open(sealed, PURPOSE);
    const parsed = StoredSession.safeParse(opened?.value);
    if (opened === undefined || !parsed.success) throw endedError('the cookie is none of this hub');
    const session = parsed.data;
    if (session.endsAt * 1000 <= now()) throw endedError('its time is over');
    if (ended.has(session.id)) throw endedError('somebody signed out');
    return { session, isFresh: opened.isFresh };
  }

  async #current(session: StoredSession, renew: boolean): Promise<StoredSession> {
    const { issuer, now } = this.#options;
    if (now() < (renewalOf(session.token) ?? Number.POSITIVE_INFINITY)) return session;
    const left = (endOf(session.token) ?? Number.POSITIVE_INFINITY) - now();
    const { refreshToken } = session;
    if (!renew || refreshToken === undefined || issuer === undefined) {
      if (left > 0) return session;
      throw endedError('its token has ended');
    }
    try {
      return await this.#refreshed.get(hash(refreshToken), async () => {
        const { idToken, refreshToken: next } = await refreshTokens(issuer, refreshToken);
        return { ...session, token: idToken, refreshToken: next };
      });
    } catch (error) {
      const isRefused = isSkerryError(error, 'SIGN_IN_REFUSED');
      // Another hub may have used the refresh token, and the browser may have its answer already.
      if (left > 0 && (isRefused || isSkerryError(error, 'ISSUER_UNREACHABLE'))) return session;
      throw isRefused ? endedError(error.detail ?? error.code) : error;
    }
  }

  // Who signs out has done so, whether or not that can be reported to the issuer.
  async #revoke({ refreshToken }: StoredSession): Promise<void> {
    const { issuer } = this.#options;
    if (issuer === undefined || refreshToken === undefined) return;
    await revokeTokens(issuer, refreshToken).catch((error: unknown) => {
      if (!isSkerryError(error)) throw error;
    });
  }

  #cookies(session: StoredSession): string[] {
    const seconds = session.endsAt - this.#options.now() / 1000;
    const cookies = sessionCookies(this.#options.keys.seal(session, PURPOSE), seconds);
    if (cookies !== undefined) return cookies;
    throw platformError('SESSION_TOO_LARGE', { subject: 'token' });
  }
}

function endedError(detail: string) {
  return platformError('SESSION_ENDED', { subject: 'session', detail });
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
