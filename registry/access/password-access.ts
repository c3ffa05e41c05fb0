import { createHmac } from 'node:crypto';
import { type Access, type AccessDecision, type AccessRequest, isReading } from './access.ts';
import { type BasicCredentials, parseBasic } from './basic-credentials.ts';
import { type ScryptHash, verifyPassword } from './password-hash.ts';
import type { Users } from './users-file.ts';

export interface PasswordAccessOptions {
  readonly users: Users;
  /** Pulling needs no password. */
  readonly anonymousPull: boolean;
  /** 32 random bytes that live as long as this process: remembered credentials are kept only as hashes keyed by it. */
  readonly cacheKey: Buffer;
  /** Milliseconds since some moment. */
  readonly clock: () => number;
  /** Shown by clients when they ask for a password. */
  readonly realm?: string;
  /** How long credentials that were right are remembered, in milliseconds. */
  readonly remember?: number;
}

/** Password checks at once and in the queue: each takes 32 MiB and a core for a tenth of a second. */
const AT_ONCE = 2;
const QUEUE = 64;
const MAX_REMEMBERED = 1000;

/** Users with passwords may do everything; others may pull, if `anonymousPull` says so. */
export function passwordAccess(options: PasswordAccessOptions): Access {
  return new PasswordAccess(options);
}

class PasswordAccess implements Access {
  readonly challenge: string;
  readonly #options: PasswordAccessOptions;
  /** Keyed hash of right credentials → until when they count. */
  readonly #remembered = new Map<string, number>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(options: PasswordAccessOptions) {
    this.#options = options;
    this.challenge = `Basic realm="${options.realm ?? 'skerry registry'}", charset="UTF-8"`;
  }

  async authorize({ authorization, action }: AccessRequest): Promise<AccessDecision> {
    const credentials = parseBasic(authorization);
    if (credentials === undefined) {
      return this.#options.anonymousPull && isReading(action)
        ? { kind: 'allow' }
        : { kind: 'challenge', challenge: this.challenge };
    }
    const right = await this.#check(credentials);
    if (right === 'busy') return { kind: 'busy' };
    return right
      ? { kind: 'allow', user: credentials.user }
      : { kind: 'challenge', challenge: this.challenge };
  }

  async #check(credentials: BasicCredentials): Promise<boolean | 'busy'> {
    const key = this.#keyOf(credentials);
    const until = this.#remembered.get(key);
    if (until !== undefined && until > this.#options.clock()) return true;
    this.#remembered.delete(key);
    if (this.#queue.length >= QUEUE) return 'busy';
    const known = this.#options.users.get(credentials.user);
    // An unknown user costs as much as a known one, so that the time taken does not tell which names exist.
    const right = await this.#inTurn(() => verifyPassword(credentials.password, known ?? NOBODY));
    if (!right || known === undefined) return false;
    this.#remember(key);
    return true;
  }

  #keyOf({ user, password }: BasicCredentials): string {
    return createHmac('sha256', this.#options.cacheKey)
      .update(`${user.length}:${user}:${password}`)
      .digest('base64');
  }

  #remember(key: string): void {
    const oldest = this.#remembered.keys().next().value;
    if (this.#remembered.size >= MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(key, this.#options.clock() + (this.#options.remember ?? 300_000));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

const NOBODY: ScryptHash = {
  logCost: 15,
  blockSize: 8,
  parallel: 1,
  salt: Buffer.alloc(16),
  hash: Buffer.alloc(32),
};
