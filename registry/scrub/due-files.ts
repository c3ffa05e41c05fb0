import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';
import type { ContentIndex } from '../store/content-index.ts';

/** A file of a store that is to be read again. */
export type DueFile = z.infer<typeof DueFile>;
const DueFile = z.object({
  id: z.int(),
  digest: DigestSchema,
  size: z.int(),
  mediaType: z.string().nullable(),
  /** Whether the index knows what it holds on to; null for what is no manifest. */
  known: z.int().nullable(),
});

/** Which of the files are meant. */
export interface Due {
  /** Those that were not read since; milliseconds since 1970. */
  readonly since: number;
  /** Those that came no later than the one with this number. */
  readonly upTo: number;
}

const Moment = z.object({ n: z.int().nullable() });
const Sum = z.object({ files: z.int(), bytes: z.int() });
const PAGE = 2000;

/** Knows when each file of a store was last read, and which is next: the one that waits longest. */
export class DueFiles {
  readonly #index: ContentIndex;
  readonly #next;
  readonly #mark;
  readonly #forget;
  readonly #newest;
  readonly #oldest;
  readonly #sizes;

  constructor(index: ContentIndex) {
    const { database } = index;
    this.#index = index;
    this.#next = database.prepare(
      `SELECT d.id, d.digest, d.size, m.media_type AS mediaType, m.known FROM digests d
         LEFT JOIN manifests m ON m.id = d.id
        WHERE d.present = 1 AND d.checked < ? AND d.id <= ? ORDER BY d.checked, d.id LIMIT ?`,
    );
    this.#mark = database.prepare('UPDATE digests SET checked = ? WHERE id = ?');
    this.#forget = database.prepare('UPDATE digests SET checked = 0 WHERE present = 1 AND checked > ?');
    this.#newest = database.prepare('SELECT max(id) AS n FROM digests');
    this.#oldest = database.prepare('SELECT min(checked) AS n FROM digests WHERE present = 1');
    this.#sizes = database.prepare(
      `SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM digests
        WHERE present = 1 AND checked < ? AND id > ? AND id <= ?`,
    );
  }

  next({ since, upTo }: Due, limit: number): DueFile[] {
    return this.#next.all(since, upTo, limit).map((row) => DueFile.parse(row));
  }

  /** Notes that files were read; `at` in milliseconds since 1970. */
  mark(ids: readonly number[], at: number): void {
    this.#index.atomically(() => {
      for (const id of ids) this.#mark.run(at, id);
    });
  }

  /** A clock that was wrong once must not keep files from being read for years. */
  forgetFuture(now: number): void {
    this.#forget.run(now);
  }

  /** The number of the last digest that came. */
  newest(): number {
    return Moment.parse(this.#newest.get()).n ?? 0;
  }

  /** When the file that waits longest was read; undefined when there is none. */
  oldest(): number | undefined {
    return Moment.parse(this.#oldest.get()).n ?? undefined;
  }

  /** How much there is to do. Counted in pages, as every query holds up other requests. */
  async sum({ since, upTo }: Due): Promise<{ files: number; bytes: number }> {
    const sum = { files: 0, bytes: 0 };
    for (let from = 0; from < upTo; from += PAGE) {
      const page = Sum.parse(this.#sizes.get(since, from, Math.min(from + PAGE, upTo)));
      sum.files += page.files;
      sum.bytes += page.bytes;
      await breathe();
    }
    return sum;
  }
}
