import type { Audit, AuditEntry } from '../audit/audit.ts';

type Attempt = Pick<AuditEntry, 'request' | 'user' | 'remote'>;

interface Window {
  /** The last try that has no line yet, and how many there are. */
  last: Attempt;
  count: number;
  readonly timer: NodeJS.Timeout;
}

/** One line a minute for each address, however often it tries: guessing must not fill the disk. */
const EVERY_MS = 60_000;
/** Further addresses share the lines of one. */
const MAX_ADDRESSES = 1000;
const OTHERS = 'others';

/** Writes down logins that were not looked at (429), since there were too many: the first at once, then their number. */
export class ThrottledLogins {
  readonly #audit: Audit;
  readonly #every: number;
  readonly #windows = new Map<string, Window>();

  constructor(audit: Audit, every = EVERY_MS) {
    this.#audit = audit;
    this.#every = every;
  }

  add(attempt: Attempt): void {
    const { remote = OTHERS } = attempt;
    const isKnown = this.#windows.has(remote) || this.#windows.size < MAX_ADDRESSES;
    const key = isKnown ? remote : OTHERS;
    const window = this.#windows.get(key);
    if (window !== undefined) {
      window.count++;
      window.last = attempt;
      return;
    }
    this.#record(attempt, 1);
    this.#open(key, attempt);
  }

  /** Writes down what was counted so far. */
  close(): void {
    for (const { timer, last, count } of this.#windows.values()) {
      clearTimeout(timer);
      if (count > 0) this.#record(last, count);
    }
    this.#windows.clear();
  }

  #open(key: string, last: Attempt): void {
    const timer = setTimeout(() => {
      const window = this.#windows.get(key);
      this.#windows.delete(key);
      if (window === undefined || window.count === 0) return;
      this.#record(window.last, window.count);
      this.#open(key, window.last);
    }, this.#every).unref();
    this.#windows.set(key, { last, count: 0, timer });
  }

  #record(attempt: Attempt, tries: number): void {
    const what = { action: 'login', result: 'refused', code: 'TOOMANYREQUESTS' } as const;
    void this.#audit.record({ ...attempt, ...what, tries }).catch(() => undefined);
  }
}
