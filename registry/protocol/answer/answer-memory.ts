import type { Exchange } from '../exchange.ts';
import { ProtocolError } from '../protocol-error.ts';
import { resetConnection } from './reset-connection.ts';

export interface AnswerMemoryOptions {
  /** Bytes of answers, at most. */
  readonly most: number;
  /** How long an answer waits for room, in milliseconds. */
  readonly patience?: number | undefined;
  /** Who has taken nothing for so many milliseconds goes when others need the room. */
  readonly stalledAfter?: number | undefined;
  /** Milliseconds; only spans of it count. */
  readonly now?: (() => number) | undefined;
}

/** Room for an answer, until it is disposed of. */
export interface Place extends Disposable {
  readonly bytes: Uint8Array | undefined;
  /** The client has taken some of it. */
  gotOn(): void;
}

interface Shared {
  readonly key: unknown;
  readonly bytes: number;
  readonly loaded: Promise<Uint8Array | undefined>;
  readers: number;
}

interface Reader {
  readonly exchange: Exchange;
  readonly shared: Shared;
  since: number;
}

interface Waiter {
  readonly exchange: Exchange;
  readonly until: number;
  readonly cost: () => number;
  /** Takes the room. */
  readonly enter: () => void;
  readonly giveUp: (error: unknown) => void;
}

/**
 * What an answer costs besides its content: the piece that is being sent, which TLS copies, and some of what the kernel
 * keeps for a client that reads nothing, which counts in the limit of a container (cgroups(7), `sock` in memory.stat).
 */
const READER_BYTES = 128 * 1024;
const MOST_WAITING = 512;
/** Of one client, which must not keep all others out. */
const MOST_OF_ONE = 128;
/** So much of what waits for room may be in memory already, as a part of all the room. */
const HELD_PART = 1 / 4;
const LOOK_MS = 50;

/**
 * How much memory answers that wait for their clients may take together. A client that reads nothing keeps its answer in
 * memory, and there may be thousands. Those who ask for the same share one copy. When there is no room, clients that have
 * stalled are cut; a request that finds none after a while is asked to come again.
 */
export class AnswerMemory {
  readonly #most: number;
  readonly #patience: number;
  readonly #stalledAfter: number;
  readonly #now: () => number;
  readonly #shared = new Map<unknown, Shared>();
  readonly #readers = new Set<Reader>();
  readonly #waiting: Waiter[] = [];
  #looking: NodeJS.Timeout | undefined;
  #taken = 0;
  #held = 0;

  constructor({ most, patience = 10_000, stalledAfter = 2000, now }: AnswerMemoryOptions) {
    this.#most = most;
    this.#patience = patience;
    this.#stalledAfter = stalledAfter;
    this.#now = now ?? (() => performance.now());
  }

  /** Bytes that are taken now. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Room for an answer of `bytes` that `load` makes, or that another request has loaded under the same key already. Throws a
   * ProtocolError (503) when there is none, and what `load` throws.
   */
  async load(exchange: Exchange, content: Content, load: Load): Promise<Place> {
    const reader = await this.#admit(exchange, content, load);
    const leave = () => this.#leave(reader);
    try {
      return {
        bytes: await reader.shared.loaded,
        gotOn: () => {
          reader.since = this.#now();
        },
        [Symbol.dispose]: leave,
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** As load, for bytes that are in memory already. */
  async keep(exchange: Exchange, bytes: Uint8Array): Promise<Place> {
    const { byteLength } = bytes;
    const isHeld = !this.#shared.has(bytes);
    if (isHeld && this.#waiting.length > 0 && this.#held + byteLength > this.#most * HELD_PART)
      throw noRoom();
    if (isHeld) this.#held += byteLength;
    try {
      return await this.load(exchange, { key: bytes, bytes: byteLength }, async () => bytes);
    } finally {
      if (isHeld) this.#held -= byteLength;
    }
  }

  /** Before an answer is made that may be large: throws a ProtocolError (503) while others wait for room already. */
  check(): void {
    if (this.#waiting.length > 0) throw noRoom();
  }

  #admit(exchange: Exchange, content: Content, load: Load): Promise<Reader> {
    const cost = () => READER_BYTES + (this.#shared.has(content.key) ? 0 : content.bytes);
    const enter = () => this.#enter(exchange, content, load);
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0 && this.#fits(cost())) return resolve(enter());
      const ofOne = this.#waiting.filter((waiter) => waiter.exchange.remote === exchange.remote).length;
      if (this.#waiting.length >= MOST_WAITING || ofOne >= MOST_OF_ONE) return reject(noRoom());
      const until = this.#now() + this.#patience;
      this.#waiting.push({ exchange, until, cost, enter: () => resolve(enter()), giveUp: reject });
      this.#look();
    });
  }

  #enter(exchange: Exchange, { key, bytes }: Content, load: Load): Reader {
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = { key, bytes, loaded: load(), readers: 0 };
      this.#shared.set(key, shared);
      this.#taken += bytes;
    }
    shared.readers++;
    this.#taken += READER_BYTES;
    const reader = { exchange, shared, since: this.#now() };
    this.#readers.add(reader);
    return reader;
  }

  #leave(reader: Reader): void {
    if (!this.#readers.delete(reader)) return;
    const { shared } = reader;
    this.#taken -= READER_BYTES;
    if (--shared.readers === 0) {
      this.#taken -= shared.bytes;
      this.#shared.delete(shared.key);
    }
    if (this.#waiting.length > 0) this.#look();
  }

  // An answer that is larger than all the room gets it when no other has any.
  #fits(cost: number): boolean {
    return this.#taken + cost <= this.#most || this.#taken === 0;
  }

  #look(): void {
    clearTimeout(this.#looking);
    const now = this.#now();
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      const waiter = this.#waiting[at];
      if (waiter === undefined || (waiter.until > now && !waiter.exchange.signal.aborted)) continue;
      this.#waiting.splice(at, 1);
      waiter.giveUp(waiter.exchange.signal.aborted ? waiter.exchange.signal.reason : noRoom());
    }
    let next = this.#next();
    for (; next !== undefined && this.#fits(next.cost()); next = this.#next()) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.enter();
    }
    if (next === undefined) return;
    this.#cutStalled(this.#taken + next.cost() - this.#most);
    this.#looking = setTimeout(() => this.#look(), LOOK_MS).unref();
  }

  // The first of those whose client has the fewest answers under way.
  #next(): Waiter | undefined {
    const underWay = new Map<string | undefined, number>();
    for (const { exchange } of this.#readers)
      underWay.set(exchange.remote, (underWay.get(exchange.remote) ?? 0) + 1);
    const of = ({ exchange }: Waiter) => underWay.get(exchange.remote) ?? 0;
    let next = this.#waiting[0];
    for (const waiter of this.#waiting) if (next === undefined || of(waiter) < of(next)) next = waiter;
    return next;
  }

  // Those first who have stalled longest, and no more of them than makes room for `needed` bytes.
  #cutStalled(needed: number): void {
    const since = this.#now() - this.#stalledAfter;
    const stalled = [...this.#readers]
      .filter((reader) => reader.since <= since)
      .sort((a, b) => a.since - b.since);
    const left = new Map<Shared, number>();
    let freed = 0;
    for (const { exchange, shared } of stalled) {
      if (freed >= needed) return;
      const others = (left.get(shared) ?? shared.readers) - 1;
      left.set(shared, others);
      freed += READER_BYTES + (others === 0 ? shared.bytes : 0);
      exchange.failure ??= 'the client has stalled, and others need the memory of its answer';
      resetConnection(exchange.socket);
    }
  }
}

type Load = () => Promise<Uint8Array | undefined>;

export interface Content {
  /** The same for requests that want the same. */
  readonly key: unknown;
  readonly bytes: number;
}

function noRoom(): ProtocolError {
  return new ProtocolError('TOOMANYREQUESTS', {
    status: 503,
    message: 'too many large answers are on their way at once',
    headers: { 'retry-after': '1' },
  });
}
