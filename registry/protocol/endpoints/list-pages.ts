import type { Store } from '../../../content/store.ts';
import { tellsRevision } from '../../capability.ts';
import { Lookups } from '../../store/manifests/lookups.ts';
import type { Exchange } from '../exchange.ts';
import type { ListTurns } from '../list-turns.ts';

/** A part of a list of names, as clients get it. */
export interface ListPage {
  readonly body: Buffer;
  /** The name after which the next page begins, if there is one. */
  readonly next: string | undefined;
}

/** What is looked at of an exchange. */
type Asking = Pick<Exchange, 'signal' | 'answers'>;

/** Room for the largest page of tags: 100,000 of 128 characters. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** What an entry costs besides its bytes, roughly. */
const ENTRY_BYTES = 500;

/**
 * Pages of tags and of repositories. Until something changes in the store, those who ask for the same page get the same
 * bytes: it is made once, and waits in memory once however many read it slowly.
 */
export class ListPages {
  readonly #turns: ListTurns;
  readonly #revision: () => number | undefined;
  readonly #kept: Lookups<ListPage> | undefined;

  constructor(store: Store, turns: ListTurns) {
    this.#turns = turns;
    const source = tellsRevision(store) ? store : undefined;
    this.#revision = () => source?.revision;
    this.#kept =
      source &&
      new Lookups(source, KEPT_BYTES, ({ body }, key) => body.byteLength + 2 * key.length + ENTRY_BYTES);
  }

  /**
   * The page under `key`, from `make` when it isn't known; without a key it is for this request alone. Throws a ProtocolError (503) when it would have to be made and
   * others wait for room, and what `make` throws.
   */
  async find(exchange: Asking, key: string | undefined, make: () => Promise<ListPage>): Promise<ListPage> {
    const known = this.#known(key);
    if (known !== undefined) return known;
    await this.#turns.wait(exchange.signal);
    // A request that was in front may have made it.
    const madeMeanwhile = this.#known(key);
    if (madeMeanwhile !== undefined) return madeMeanwhile;
    exchange.answers.check();
    const revision = this.#revision();
    const made = await make();
    if (key !== undefined && revision === this.#revision()) this.#kept?.find(key, () => made);
    return made;
  }

  #known(key: string | undefined): ListPage | undefined {
    return key === undefined ? undefined : this.#kept?.find(key, () => undefined);
  }
}
