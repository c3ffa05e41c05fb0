import { isSkerryError } from '../../../../content/error.ts';
import type { CloudConnection } from '../../connection/cloud-connection.ts';
import { infraError } from '../../errors.ts';
import type { OpenStackCredentials } from './settings.ts';
import { askForToken, type Token } from './token.ts';

/** Fewer than this before its end a token is not used any more: a call may take as long. */
const MARGIN_MS = 60_000;
const TOKEN_WITHIN_MS = 60_000;
const GOODBYE_WITHIN_MS = 5_000;
/** However many machines ask, credentials that were refused are not tried again before. */
const REFUSED_FOR_MS = 10_000;

/** One token for everything that is done with an account, however much is done at once. */
export class Session {
  readonly #keystone: CloudConnection;
  readonly #credentials: OpenStackCredentials;
  readonly #now: () => Date;
  #token: { readonly token: Token; readonly until: number } | undefined;
  #asking: Promise<Token> | undefined;
  #refused: { readonly error: unknown; readonly until: number } | undefined;

  constructor(keystone: CloudConnection, credentials: OpenStackCredentials, now: () => Date) {
    this.#keystone = keystone;
    this.#credentials = credentials;
    this.#now = now;
  }

  get count(): number {
    return this.#token === undefined ? 0 : 1;
  }

  /** Throws CREDENTIALS_REFUSED and what the connection throws. */
  async token(signal: AbortSignal): Promise<Token> {
    signal.throwIfAborted();
    const now = this.#now().getTime();
    if (this.#token !== undefined && now < this.#token.until) return this.#token.token;
    if (this.#refused !== undefined && now < this.#refused.until) throw this.#refused.error;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return await unlessAborted(this.#asking, signal);
  }

  /** A service did not take this token; another one may have been got meanwhile. */
  drop(token: Token): void {
    if (this.#token?.token === token) this.#token = undefined;
  }

  /** Has the token revoked; it would end by itself as well. */
  async close(): Promise<void> {
    const value = this.#token?.token.value;
    this.#token = undefined;
    if (value === undefined) return;
    const headers = { 'x-auth-token': value, 'x-subject-token': value };
    await this.#keystone
      .send({ method: 'DELETE', path: '/auth/tokens', headers }, AbortSignal.timeout(GOODBYE_WITHIN_MS))
      .catch(() => undefined);
  }

  // With a time limit of its own: who asked first may give up while others still wait.
  async #ask(): Promise<Token> {
    const limit = AbortSignal.timeout(TOKEN_WITHIN_MS);
    try {
      const token = await askForToken(this.#keystone, this.#credentials, limit);
      const until = this.#now().getTime() + Math.max(token.lifetimeMs - MARGIN_MS, token.lifetimeMs / 2);
      this.#token = { token, until };
      this.#refused = undefined;
      return token;
    } catch (error) {
      if (isSkerryError(error, 'CREDENTIALS_REFUSED'))
        this.#refused = { error, until: this.#now().getTime() + REFUSED_FOR_MS };
      if (error !== limit.reason) throw error;
      const detail = `no token within ${TOKEN_WITHIN_MS / 1000} s`;
      throw infraError('CLOUD_UNREACHABLE', { subject: this.#keystone.host, detail });
    }
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
