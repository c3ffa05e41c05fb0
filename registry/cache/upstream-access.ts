import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { KeyedMutex } from '../../content/keyed-mutex.ts';
import type { Credentials } from '../../content/remote/credentials.ts';
import type { Access, AccessDecision, AccessRequest } from '../access/access.ts';
import { Attempts, DEFAULT_ATTEMPTS } from '../access/attempts.ts';
import { parseBasic } from '../access/passwords/basic-credentials.ts';
import type { Log } from '../log.ts';
import type { AllowedClients } from './allowed-clients.ts';
import type { Upstream } from './upstream.ts';

export interface UpstreamAccessOptions {
  readonly upstream: Upstream;
  readonly clients: AllowedClients;
  /** For how long what the registry allowed still counts while it is away, in milliseconds. */
  readonly offlineFor: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Milliseconds that only grow. */
  readonly uptime: () => number;
  readonly log: Log;
}

interface Decision {
  readonly isAllowed: boolean;
  readonly at: number;
}

/** A client that lost a right has lost it here after so long; a push of many images asks the registry once. */
const ALLOWED_MS = 60_000;
/** Who gets a right has it here after so long; until then clients go to the registry itself. */
const REFUSED_MS = 5 * 60_000;
const DECISIONS = 20_000;
/** All clients have one address at the registry: one that guesses must not have the others wait there. */
const ATTEMPTS = { ...DEFAULT_ATTEMPTS, perPair: 60, perAddress: 120 };
/** Any tag will do: whether there is such a manifest is no matter, only whether it may be asked for. */
const ANY_TAG = 'latest';

/**
 * Access as the registry behind the cache decides it: a client may pull here what it may pull there, and nothing else.
 * While the registry is away, what it said of the client in the last days counts.
 */
export function upstreamAccess(options: UpstreamAccessOptions): Access {
  return new UpstreamAccess(options);
}

class UpstreamAccess implements Access {
  readonly asksForPassword = true;
  readonly #options: UpstreamAccessOptions;
  readonly #decisions = new LRUCache<string, Decision>({ max: DECISIONS });
  readonly #attempts: Attempts;
  readonly #locks = new KeyedMutex();
  /** Passwords are not kept, not even in memory. */
  readonly #key = randomBytes(32);

  constructor(options: UpstreamAccessOptions) {
    this.#options = options;
    this.#attempts = new Attempts(ATTEMPTS, options.uptime);
  }

  async authorize(request: AccessRequest): Promise<AccessDecision> {
    const { authorization, repository, action } = request;
    if (action === 'enter') return { kind: 'allow' };
    if (action !== 'pull' || repository === undefined) return { kind: 'deny' };
    if (authorization !== undefined && !/^basic /i.test(authorization)) return { kind: 'challenge' };
    const basic = parseBasic(authorization);
    const credentials = basic && { username: basic.user, password: basic.password };
    const key = this.#keyOf(credentials, repository);
    return await this.#locks.run(key, async () => {
      const known = this.#decisions.get(key);
      if (known !== undefined && this.#isFresh(known)) return answer(known.isAllowed, credentials);
      return await this.#ask(request, credentials, repository, key);
    });
  }

  async #ask(
    { caller }: AccessRequest,
    credentials: Credentials | undefined,
    repository: string,
    key: string,
  ): Promise<AccessDecision> {
    const attempt = this.#attempts.begin(credentials?.username ?? '', caller.address);
    if (typeof attempt === 'number') return { kind: 'busy', retryAfter: Math.ceil(attempt / 1000) };
    let isAllowed = true;
    try {
      isAllowed = await this.#decide(credentials, repository, key);
      return answer(isAllowed, credentials);
    } finally {
      attempt.end(isAllowed);
    }
  }

  async #decide(credentials: Credentials | undefined, repository: string, key: string): Promise<boolean> {
    const { upstream, clients, clock, offlineFor } = this.#options;
    try {
      await upstream.ask(
        credentials,
        undefined,
        async (store, signal) => await store.resolveManifest(repository, ANY_TAG, { signal }),
      );
    } catch (error) {
      if (isSkerryError(error, 'REGISTRY_DENIED')) {
        await this.#remember(credentials, repository, key, false);
        return false;
      }
      if (!isSkerryError(error, 'REGISTRY_UPSTREAM_AWAY')) throw error;
      const at = await clients.find(credentials, repository);
      if (at !== undefined && clock() - at < offlineFor) return true;
      throw error;
    }
    await this.#remember(credentials, repository, key, true);
    return true;
  }

  async #remember(
    credentials: Credentials | undefined,
    repository: string,
    key: string,
    isAllowed: boolean,
  ): Promise<void> {
    const { clients, clock, uptime, log } = this.#options;
    this.#decisions.set(key, { isAllowed, at: uptime() });
    try {
      if (isAllowed) await clients.note(credentials, repository, clock());
      else await clients.forget(credentials, repository);
    } catch (error) {
      // On a full disk, say: the client is served all the same.
      log({ level: 'warn', event: 'decision-not-kept', error: messageOf(error) });
    }
  }

  #isFresh({ isAllowed, at }: Decision): boolean {
    return this.#options.uptime() - at < (isAllowed ? ALLOWED_MS : REFUSED_MS);
  }

  #keyOf(credentials: Credentials | undefined, repository: string): string {
    const text = JSON.stringify([credentials?.username, credentials?.password, repository]);
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }
}

function answer(isAllowed: boolean, credentials: Credentials | undefined): AccessDecision {
  if (isAllowed) return { kind: 'allow', user: credentials?.username, clientCredentials: credentials };
  return credentials === undefined ? { kind: 'challenge' } : { kind: 'deny', user: credentials.username };
}
