import { isSkerryError } from '../../../content/error.ts';
import type { Texts } from '../kept-secret.ts';
import { changeSessionSecret, type SessionSecret } from './session-secret.ts';

export interface EndedSessionsOptions extends SessionSecret {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called when it could not be reported to other hubs. */
  readonly onError: (error: unknown) => void;
}

/** 70 bytes each, of the megabyte that a Secret holds. */
const MAX = 5_000;
const PREFIX = 'ended-';

/**
 * Sessions that somebody ended before their time, so that a copy of their cookie is good for nothing: here at once, and
 * at other hubs of the cluster once they have looked.
 */
export class EndedSessions {
  readonly #options: EndedSessionsOptions;
  /** By their ids, when they would have ended by themselves, in seconds since 1970. */
  #ended: ReadonlyMap<string, number> = new Map();

  constructor(options: EndedSessionsOptions) {
    this.#options = options;
  }

  has(id: string): boolean {
    return this.#ended.has(id);
  }

  /** `endsAt` is when it would have ended by itself, in seconds since 1970: until then it is remembered. */
  async add(id: string, endsAt: number): Promise<void> {
    this.#ended = new Map([...this.#ended, [id, endsAt]]);
    try {
      await this.refresh();
    } catch (error) {
      // It has ended here; the next look reports it to the others.
      if (!isSkerryError(error)) throw error;
      this.#options.onError(error);
    }
  }

  /** Reports to the others, and hears from them. Throws what changeSessionSecret throws. */
  async refresh(): Promise<void> {
    const texts = await changeSessionSecret(this.#options, (found) => {
      const others = endedIn(found);
      const wanted = this.#merged(others);
      return isSame(wanted, others) ? found : withEnded(found, wanted);
    });
    this.#ended = this.#merged(endedIn(texts));
  }

  #merged(others: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const time = this.#options.now() / 1000;
    const all = [...others, ...this.#ended].filter(([, endsAt]) => endsAt > time);
    // Those that would have ended first go first.
    return new Map(all.sort(([, a], [, b]) => b - a).slice(0, MAX));
  }
}

function endedIn(texts: Texts): ReadonlyMap<string, number> {
  const entries = [...texts].flatMap(([name, text]): [string, number][] =>
    name.startsWith(PREFIX) && /^\d{1,12}$/.test(text) ? [[name.slice(PREFIX.length), Number(text)]] : [],
  );
  return new Map(entries);
}

function withEnded(texts: Texts, ended: ReadonlyMap<string, number>): Texts {
  const others = [...texts].filter(([name]) => !name.startsWith(PREFIX));
  const entries = [...ended].map(([id, endsAt]): [string, string] => [`${PREFIX}${id}`, String(endsAt)]);
  return new Map([...others, ...entries]);
}

function isSame(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one.keys()].every((id) => other.has(id));
}
