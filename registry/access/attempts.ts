import { isIPv6 } from 'node:net';

/** How many wrong passwords are looked at before tries have to wait, and for how long. Times are milliseconds. */
export interface AttemptLimits {
  /** What counts as recent. */
  readonly window: number;
  /** Wrong tries for one account from one address. */
  readonly perPair: number;
  /** Wrong tries from one address, whatever the account. */
  readonly perAddress: number;
  /** Wrong tries for one account from everywhere, from which on unknown addresses have only one try. */
  readonly perAccount: number;
  /** The first wait; each further wrong try doubles it. */
  readonly firstDelay: number;
  readonly longestDelay: number;
  /** Addresses, accounts and pairs that are remembered, each. */
  readonly entries: number;
}

export const DEFAULT_ATTEMPTS: AttemptLimits = {
  window: 15 * 60_000,
  perPair: 5,
  perAddress: 30,
  perAccount: 50,
  firstDelay: 1000,
  longestDelay: 5 * 60_000,
  entries: 10_000,
};

/** Tries that are being checked: their outcome is known when `end` is called. */
export interface Attempt {
  /** Gives the milliseconds for which further tries from there have to wait; 0 for none. */
  end(right: boolean): number;
}

/**
 * Limits guessing of passwords by account and address together, so that no client can lock another out: where an
 * account is guessed at from many addresses, an address that is new to it still has its first try. Only wrong tries
 * count. All memory is bounded: what was touched longest ago is forgotten first.
 */
export class Attempts {
  readonly #limits: AttemptLimits;
  /** Milliseconds that only grow. */
  readonly #clock: () => number;
  readonly #pairs: Recent;
  readonly #addresses: Recent;
  readonly #accounts: Recent;
  /** Pairs from which the right password came before. */
  readonly #known = new Map<string, true>();
  readonly #pending = new Map<string, number>();

  constructor(limits: AttemptLimits, clock: () => number) {
    this.#limits = limits;
    this.#clock = clock;
    this.#pairs = new Recent(limits);
    this.#addresses = new Recent(limits);
    this.#accounts = new Recent(limits);
  }

  /** Begins a try, or says for how many milliseconds there must be none. */
  begin(user: string, address: string): Attempt | number {
    const network = networkOf(address);
    const account = user.slice(0, MAX_USER);
    const pair = `${network} ${account}`;
    const now = this.#clock();
    const wait = Math.max(
      this.#waitFor(this.#pairs, pair, this.#freeTries(account, pair), now),
      this.#waitFor(this.#addresses, network, this.#limits.perAddress, now),
    );
    if (wait > 0) return wait;
    const pending = this.#pending.get(pair) ?? 0;
    // Tries that run at the same time must not slip through before the first of them is known to be wrong.
    if (pending >= this.#limits.perPair) return this.#limits.firstDelay;
    this.#pending.set(pair, pending + 1);
    let over = false;
    return {
      end: (right) => {
        if (over) return 0;
        over = true;
        this.#settle(pair);
        return right ? this.#succeed(pair) : this.#fail(account, network, pair);
      },
    };
  }

  #waitFor(recent: Recent, key: string, free: number, now: number): number {
    const { count, last } = recent.look(key, now);
    if (count < free) return 0;
    const delay = Math.min(this.#limits.firstDelay * 2 ** (count - free), this.#limits.longestDelay);
    return Math.max(0, last + delay - now);
  }

  #freeTries(account: string, pair: string): number {
    const guessedAt = this.#accounts.look(account, this.#clock()).count >= this.#limits.perAccount;
    return guessedAt && !this.#known.has(pair) ? 1 : this.#limits.perPair;
  }

  #settle(pair: string): void {
    const pending = (this.#pending.get(pair) ?? 1) - 1;
    if (pending > 0) this.#pending.set(pair, pending);
    else this.#pending.delete(pair);
  }

  #succeed(pair: string): number {
    this.#pairs.forget(pair);
    this.#known.delete(pair);
    this.#known.set(pair, true);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > this.#limits.entries && oldest !== undefined) this.#known.delete(oldest);
    return 0;
  }

  #fail(account: string, network: string, pair: string): number {
    const now = this.#clock();
    this.#pairs.add(pair, now);
    this.#addresses.add(network, now);
    this.#accounts.add(account, now);
    return Math.max(
      this.#waitFor(this.#pairs, pair, this.#freeTries(account, pair), now),
      this.#waitFor(this.#addresses, network, this.#limits.perAddress, now),
    );
  }
}

const MAX_USER = 128;
/** Times kept for one key; beyond, the delay has long been the longest. */
const MAX_TIMES = 64;

/** When something happened lately, by key. */
class Recent {
  readonly #limits: AttemptLimits;
  readonly #times = new Map<string, number[]>();

  constructor(limits: AttemptLimits) {
    this.#limits = limits;
  }

  look(key: string, now: number): { readonly count: number; readonly last: number } {
    const times = this.#times.get(key) ?? [];
    const recent = times.filter((time) => time > now - this.#limits.window);
    if (recent.length === 0) this.#times.delete(key);
    return { count: recent.length, last: recent.at(-1) ?? 0 };
  }

  add(key: string, now: number): void {
    const times = (this.#times.get(key) ?? []).filter((time) => time > now - this.#limits.window);
    this.#times.delete(key);
    this.#times.set(key, [...times, now].slice(-MAX_TIMES));
    const oldest = this.#times.keys().next().value;
    if (this.#times.size > this.#limits.entries && oldest !== undefined) this.#times.delete(oldest);
  }

  forget(key: string): void {
    this.#times.delete(key);
  }
}

/** One site has a whole /64 of IPv6 addresses to try from; IPv4 in IPv6's clothes is IPv4. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [front = '', back] = address.split('%', 1).join('').split('::');
  const head = front.split(':').filter(Boolean);
  const tail = back === undefined ? [] : back.split(':').filter(Boolean);
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
