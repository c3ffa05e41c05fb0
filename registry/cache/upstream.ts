import { LRUCache } from 'lru-cache';
import { isSkerryError, messageOf } from '../../content/error.ts';
import type { Credentials } from '../../content/remote/credentials.ts';
import { DEFAULT_RETRY } from '../../content/remote/retry.ts';
import { openRemote, type RemoteStore } from '../../content/remote/store.ts';
import type { Store } from '../../content/store.ts';
import { registryError } from '../errors.ts';
import type { Log } from '../log.ts';

export interface UpstreamOptions {
  /** As openRemote takes it. */
  readonly address: string;
  /** PEM certificates trusted besides the system's. */
  readonly ca?: string | undefined;
  readonly log: Log;
  /** Milliseconds that only grow. */
  readonly uptime: () => number;
  /** How long a question may take, in milliseconds; 10 s when absent. */
  readonly answerWithin?: number | undefined;
}

const ANSWER_MS = 10_000;
/** For how long one that did not answer is not asked again: clients have timeouts of their own. */
const AWAY_MS = 15_000;
const CLIENTS = 64;
/** A question fails soon, as what is held can answer it; a transfer that breaks goes on from where it was. */
const RETRY = { ...DEFAULT_RETRY, tries: 3, maxPauseMs: 1000, maxAskedMs: 1000 };
/** It is there and can't answer this just now: what is held is as good as its answer. */
const BUSY = /^status 5\d\d/;

/**
 * The registry that a cache stands before. Whatever is asked is asked in the name of a client, with what that showed: the
 * registry itself decides who gets what, and the cache needs no account.
 */
export class Upstream {
  readonly name: string;
  readonly #options: UpstreamOptions;
  readonly #clients = new LRUCache<string, RemoteStore>({
    max: CLIENTS,
    dispose: (store) => void store.close().catch(() => {}),
  });
  #awayUntil = Number.NEGATIVE_INFINITY;
  #isAway = false;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.name = this.as(undefined).name;
  }

  /** The registry as a client sees it. */
  as(credentials: Credentials | undefined): Store {
    const key = JSON.stringify([credentials?.username, credentials?.password]);
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const { address, ca } = this.#options;
    const store = openRemote(address, { ca, retry: RETRY, credentials: async () => credentials });
    this.#clients.set(key, store);
    return store;
  }

  /** Asks a short question. Throws REGISTRY_UPSTREAM_AWAY where no answer comes, and REGISTRY_DENIED. */
  async ask<T>(
    credentials: Credentials | undefined,
    signal: AbortSignal | undefined,
    question: (store: Store, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { uptime, answerWithin = ANSWER_MS } = this.#options;
    if (uptime() < this.#awayUntil) throw this.#away('it did not answer a moment ago');
    const limit = AbortSignal.timeout(answerWithin);
    try {
      const answer = await question(
        this.as(credentials),
        AbortSignal.any(signal === undefined ? [limit] : [signal, limit]),
      );
      this.#noteBack();
      return answer;
    } catch (error) {
      if (signal?.aborted === true) throw error;
      if (limit.aborted || isSkerryError(error, 'REGISTRY_UNREACHABLE')) {
        this.#noteAway(error);
        throw this.#away(limit.aborted ? `no answer within ${answerWithin} ms` : messageOf(error), error);
      }
      if (isBusy(error)) throw this.#away(messageOf(error), error);
      if (isSkerryError(error, 'REGISTRY_DENIED')) this.#noteBack();
      throw error;
    }
  }

  close(): void {
    this.#clients.clear();
  }

  #away(detail: string, cause?: unknown) {
    return registryError('REGISTRY_UPSTREAM_AWAY', { subject: this.#options.address, detail, cause });
  }

  #noteAway(error: unknown): void {
    this.#awayUntil = this.#options.uptime() + AWAY_MS;
    if (this.#isAway) return;
    this.#isAway = true;
    this.#options.log({ level: 'warn', event: 'upstream-away', error: messageOf(error) });
  }

  #noteBack(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#options.log({ event: 'upstream-back' });
  }
}

function isBusy(error: unknown): boolean {
  if (isSkerryError(error, 'REGISTRY_RATE_LIMITED')) return true;
  return isSkerryError(error, 'REGISTRY_ERROR') && BUSY.test(error.detail ?? '');
}
