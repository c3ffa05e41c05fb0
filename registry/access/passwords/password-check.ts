import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Attempts } from '../attempts.ts';
import { isOver } from '../permissions.ts';
import type { Account, Users } from '../users-file.ts';
import type { BasicCredentials } from './basic-credentials.ts';
import { BcryptThread } from './bcrypt-thread.ts';
import { verifyPassword } from './password-hash.ts';

export interface PasswordCheckOptions {
  /** The accounts as they are now. */
  readonly users: () => Users;
  readonly attempts: Attempts;
  /** 32 bytes: remembered credentials are kept only as hashes keyed by it. */
  readonly cacheKey: Buffer;
  /** Milliseconds since 1970, for accounts that end. */
  readonly clock: () => number;
  /** Milliseconds that only grow. */
  readonly uptime: () => number;
  /** How long credentials that were right are remembered, in milliseconds. */
  readonly remember: number;
}

export type PasswordOutcome =
  /** `fresh` when the password was looked at just now, and not remembered. */
  | { readonly kind: 'right'; readonly account: Account; readonly fresh: boolean }
  | { readonly kind: 'wrong'; readonly blockedFor: number | undefined }
  /** Seconds until another try is looked at. */
  | { readonly kind: 'busy'; readonly retryAfter: number };

/** Password checks at once and in the queue: each takes 32 MiB and a core for a tenth of a second. */
const AT_ONCE = 2;
const QUEUE = 64;
const MAX_REMEMBERED = 1000;

/** Compares passwords with the users file: few at once, guesses limited, right ones remembered for a while. */
export class PasswordCheck {
  readonly #options: PasswordCheckOptions;
  /** By the keyed hash of right credentials. */
  readonly #remembered = new LRUCache<string, { readonly until: number; readonly fingerprint: string }>({
    max: MAX_REMEMBERED,
  });
  /** Clients open several connections and show the same password on each: it is looked at once. */
  readonly #running = new Map<string, Promise<PasswordOutcome>>();
  readonly #queue: (() => void)[] = [];
  readonly #bcrypt = new BcryptThread();
  #busy = 0;

  constructor(options: PasswordCheckOptions) {
    this.#options = options;
  }

  async check(credentials: BasicCredentials, address: string): Promise<PasswordOutcome> {
    const key = this.#keyOf(credentials);
    const account = this.#accountOf(credentials.user);
    const remembered = this.#remembered.get(key);
    if (account !== undefined && remembered?.fingerprint === account.fingerprint) {
      if (remembered.until > this.#options.uptime()) return { kind: 'right', account, fresh: false };
    }
    this.#remembered.delete(key);
    const running = this.#running.get(`${address} ${key}`);
    if (running !== undefined) return await notFresh(running);
    const looking = this.#look(credentials, address, key);
    this.#running.set(`${address} ${key}`, looking);
    return await looking.finally(() => this.#running.delete(`${address} ${key}`));
  }

  async #look(credentials: BasicCredentials, address: string, key: string): Promise<PasswordOutcome> {
    if (this.#queue.length >= QUEUE) return { kind: 'busy', retryAfter: 1 };
    const attempt = this.#options.attempts.begin(credentials.user, address);
    if (typeof attempt === 'number') return { kind: 'busy', retryAfter: toSeconds(attempt) };
    try {
      const account = this.#accountOf(credentials.user);
      // An unknown user costs as much as a known one, so that the time taken does not tell which names exist.
      const expected = (account ?? this.#decoy())?.password;
      const right =
        expected !== undefined &&
        (await this.#inTurn(() =>
          verifyPassword(credentials.password, expected, (password, hash) =>
            this.#bcrypt.compare(password, hash),
          ),
        ));
      if (right && account !== undefined) {
        attempt.end(true);
        this.#remember(key, account);
        return { kind: 'right', account, fresh: true };
      }
    } catch (error) {
      attempt.end(false);
      throw error;
    }
    const wait = attempt.end(false);
    return { kind: 'wrong', blockedFor: wait > 0 ? toSeconds(wait) : undefined };
  }

  #accountOf(user: string): Account | undefined {
    const account = this.#options.users().get(user);
    return account !== undefined && !isOver(account.permissions, this.#options.clock()) ? account : undefined;
  }

  #decoy(): Account | undefined {
    return this.#options
      .users()
      .values()
      .find(({ password }) => password.kind !== 'none');
  }

  #keyOf({ user, password }: BasicCredentials): string {
    return createHmac('sha256', this.#options.cacheKey)
      .update(`${user.length}:${user}:${password}`)
      .digest('base64');
  }

  #remember(key: string, { fingerprint }: Account): void {
    this.#remembered.set(key, { until: this.#options.uptime() + this.#options.remember, fingerprint });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy >= AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#busy++;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#busy--;
      else next();
    }
  }
}

async function notFresh(running: Promise<PasswordOutcome>): Promise<PasswordOutcome> {
  const outcome = await running;
  return outcome.kind === 'right' ? { ...outcome, fresh: false } : outcome;
}

function toSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
