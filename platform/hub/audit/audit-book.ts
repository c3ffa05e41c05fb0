import type { CallOptions } from '../../../apply/client/client.ts';
import { CHAIN_START, hashOf } from '../../../content/chain/chain.ts';
import type { EventMark } from '../../desired/events.ts';
import { platformError } from '../../errors.ts';
import { lineText, type Unchained } from './audit-line.ts';
import { EventMarks, PASSING } from './event-marks.ts';
import { goneUid, objectOfStream } from './fleet-stream.ts';
import { entriesOf, headOf, MAX_PAGE_BYTES, type Page } from './page.ts';
import type { PageStore } from './page-store.ts';

export type BookAction = 'open' | 'continue' | 'keep-marks' | 'drop-pages';

export interface BookOptions {
  readonly store: PageStore;
  /** More pages than this are not kept: the oldest leave. */
  readonly maxPages: number;
  /** Makes an entry of the book's own, about its pages. */
  readonly note: (action: BookAction, subject: string, detail?: string) => Unchained;
}

/** Tries to get a line in while other replicas write too. */
const MAX_TRIES = 20;
const PAGES_KNOWN = 8;
/** Some 20 KiB: a page takes any line. */
const MARKS_PER_LINE = 50;

/**
 * The audit as one chain of lines over numbered pages, written by any number of hubs: each write is of a page as it was
 * read, and a page is sealed before the next one is begun, so that no two lines are ever chained to the same one.
 */
export class AuditBook {
  readonly #options: BookOptions;
  readonly #marks = new EventMarks();
  /** Entries known to be in the pages that were read. */
  readonly #ids = new Map<number, ReadonlySet<string>>();
  /** One thing at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #page: Page | undefined;
  /** The last page whose lines were read. */
  #learned: Pick<Page, 'number' | 'resourceVersion'> | undefined;
  #isDropDue = true;
  /** A look at what others have written that has not begun yet: it answers all that ask until then. */
  #nextLook: Promise<void> | undefined;

  constructor(options: BookOptions) {
    this.#options = options;
  }

  /** The last event of an agent that is written down, by whatever hub. */
  async lastEvent(stream: string, options: CallOptions): Promise<EventMark> {
    await this.#look(options);
    return this.#marks.get(stream);
  }

  /** All streams that something is written down of. */
  async streams(options: CallOptions): Promise<string[]> {
    await this.#look(options);
    return [...this.#marks.all.keys()];
  }

  async #look(options: CallOptions): Promise<void> {
    this.#nextLook ??= this.#inTurn(async () => {
      this.#nextLook = undefined;
      await this.#refresh(options);
    });
    await this.#nextLook;
  }

  /** Writes entries, those aside that are there already. Throws AUDIT_CONTESTED, and the client's CLUSTER_ codes. */
  async append(entries: readonly Unchained[], options: CallOptions): Promise<void> {
    await this.#inTurn(async () => {
      await this.#put(entries, options);
      // The entries are kept, whatever becomes of this.
      await this.#drop(options).catch(() => {
        this.#isDropDue = true;
      });
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }

  async #put(entries: readonly Unchained[], options: CallOptions): Promise<void> {
    let rest = entries;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      options.signal?.throwIfAborted();
      const page = await this.#open(options);
      rest = this.#missing(rest);
      if (rest.length === 0) return;
      const { text, taken } = fill(page, rest);
      if (page.sealed) await this.#begin(page, options);
      else if (taken === 0) await this.#write({ ...page, sealed: true }, options);
      else if (await this.#write({ ...page, text }, options)) tries = 0;
    }
    throw platformError('AUDIT_CONTESTED', { subject: `page ${this.#page?.number ?? 1}` });
  }

  // An event that is there twice in one batch counts once too.
  #missing(entries: readonly Unchained[]): Unchained[] {
    const batch = new EventMarks();
    return entries.filter((entry) => {
      const known =
        [...this.#ids.values()].some((ids) => ids.has(entry.id)) ||
        this.#marks.has(entry) ||
        batch.has(entry);
      if (!known) batch.add(entry);
      return !known;
    });
  }

  /** The page that is written to; reads all of them the first time. */
  async #open(options: CallOptions): Promise<Page> {
    if (this.#page !== undefined) return this.#page;
    const pages = await this.#options.store.list(options);
    for (const page of pages) this.#learn(page);
    const last = pages.at(-1);
    if (last !== undefined) {
      this.#page = last;
      return last;
    }
    const first = this.#options.note('open', 'audit');
    const text = `${lineText(first, CHAIN_START)}\n`;
    await this.#write({ number: 1, text, sealed: false, resourceVersion: undefined }, options);
    return this.#page ?? (await this.#open(options));
  }

  /** Reads what others have written since. */
  async #refresh(options: CallOptions): Promise<void> {
    if (this.#page === undefined) return void (await this.#open(options));
    let page: Page | undefined = await this.#options.store.read(this.#page.number, options);
    this.#page = undefined;
    for (; page !== undefined; page = await this.#options.store.read(page.number + 1, options)) {
      this.#take(page);
      if (!page.sealed) return;
    }
    if (this.#page === undefined) await this.#open(options);
  }

  /** Begins the page after a sealed one. */
  async #begin(before: Page, options: CallOptions): Promise<void> {
    const { store, note } = this.#options;
    const number = before.number + 1;
    const next = await store.read(number, options);
    if (next !== undefined) return this.#take(next);
    const { text } = fill({ text: '' }, [note('continue', `page ${number}`)], headOf(before));
    const page = { number, text, sealed: false, resourceVersion: undefined };
    if (await this.#write(page, options)) this.#isDropDue = true;
  }

  /**
   * Lets the oldest pages go where there are too many: first what only they know is written down again, then that they
   * go; only then they do. What is stopped in between is done with the next page.
   */
  async #drop(options: CallOptions): Promise<void> {
    if (!this.#isDropDue) return;
    this.#isDropDue = false;
    const { store, maxPages, note } = this.#options;
    const pages = await store.list(options);
    const leaving = pages.slice(0, Math.max(0, pages.length - maxPages));
    const last = leaving.at(-1);
    if (last === undefined) return;
    const marks = lostMarks(leaving, pages.slice(leaving.length));
    const kept = chunks(marks, MARKS_PER_LINE).map((some) => ({
      ...note('keep-marks', `${some.length} agents`),
      marks: Object.fromEntries(some),
    }));
    const detail = `the last line was ${headOf(last)}`;
    await this.#put(
      [...kept, note('drop-pages', `pages ${leaving[0]?.number} to ${last.number}`, detail)],
      options,
    );
    for (const page of leaving) await store.delete(page, options);
  }

  /** False when somebody else was faster; then the page is read again. */
  async #write(page: Page, options: CallOptions): Promise<boolean> {
    const { store } = this.#options;
    let written: Page | undefined;
    try {
      written = await store.write(page, options);
    } catch (error) {
      // It may have been written all the same.
      this.#page = undefined;
      throw error;
    }
    const current = written ?? (await store.read(page.number, options));
    if (current === undefined) this.#page = undefined;
    else this.#take(current);
    return written !== undefined;
  }

  #take(page: Page): void {
    const known = this.#learned;
    if (known?.number !== page.number || known.resourceVersion !== page.resourceVersion) this.#learn(page);
    this.#page = page;
  }

  #learn(page: Page): void {
    const { number, resourceVersion } = page;
    this.#learned = { number, resourceVersion };
    const entries = entriesOf(page);
    this.#ids.set(page.number, new Set(entries.map(({ id }) => id)));
    // Only what may still be tried again has to be known.
    for (const number of this.#ids.keys()) if (number < page.number - PAGES_KNOWN) this.#ids.delete(number);
    for (const entry of entries) this.#marks.add(entry);
  }
}

/** The marks of streams that are in none of the pages that stay, but those of objects that are gone. */
function lostMarks(leaving: readonly Page[], staying: readonly Page[]): [string, EventMark][] {
  const marksOf = (pages: readonly Page[]) => {
    const marks = new EventMarks();
    for (const entry of pages.flatMap(entriesOf)) marks.add(entry);
    return marks;
  };
  const [left, kept] = [marksOf(leaving), marksOf(staying)];
  const gone = new Set([...left.all.keys(), ...kept.all.keys()].flatMap((stream) => goneUid(stream) ?? []));
  return [...left.all].filter(
    ([stream]) =>
      kept.get(stream).number === 0 &&
      !stream.startsWith(PASSING) &&
      !gone.has(objectOfStream(stream)?.uid ?? ''),
  );
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/** The page's text with as many entries as it takes. */
function fill(page: Pick<Page, 'text'>, entries: readonly Unchained[], after = headOf(page)) {
  let [text, head, taken] = [page.text, after, 0];
  let bytes = Buffer.byteLength(text);
  for (const entry of entries) {
    const line = lineText(entry, head);
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > MAX_PAGE_BYTES) break;
    [text, head, taken] = [`${text}${line}\n`, hashOf(line), taken + 1];
  }
  return { text, taken };
}
