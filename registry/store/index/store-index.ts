import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { translate } from '../../../content/bytes/blob-file.ts';
import { type Digest, isDigest } from '../../../content/digest.ts';
import type { ContentIndex, HeldManifest } from '../content-index.ts';
import type { Entry, LogPosition } from '../log/change-log.ts';
import type { ManifestFacts } from '../manifests/manifest-facts.ts';
import { IndexChanges } from './index-changes.ts';
import { connect, makeTables, openSnapshot } from './index-database.ts';
import { type IndexStatements, statementsOf } from './index-statements.ts';
import { numberOf, type Row, textOf, textsOf } from './rows.ts';
import { INDEXES, SCHEMA_VERSION } from './schema.ts';

const State = z.object({ version: z.int(), generation: z.string(), position: z.int() });

/** So many are looked at for one manifest. */
const MOST_REFERRERS = 100_000;

/** Which referrers of a subject are asked for. */
export interface ReferrersQuery {
  readonly repository: string;
  readonly digest: Digest;
  /** Only those of this type. */
  readonly artifactType?: string | undefined;
  /** Only those after this digest. */
  readonly after?: string | undefined;
  /** Bytes of JSON that may be read; one referrer comes also when it is larger. */
  readonly room: number;
}

export interface FoundReferrers {
  /** Descriptors as JSON, with commas between them. */
  readonly json: string;
  /** The last of them, when more follow. */
  readonly next: string | undefined;
}

/**
 * Finds things in a store: tables that follow from the log and the blobs. Every call is one short query on the thread
 * that asks, so what a caller sees does not change until it awaits something.
 */
export class StoreIndex implements ContentIndex {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly #sql: IndexStatements;
  readonly #changes: IndexChanges;
  #revision = 0;

  private constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.database = database;
    this.#sql = statementsOf(database);
    this.#changes = new IndexChanges(database, this.#sql);
  }

  /**
   * Opens the index, or undefined when there is none, or one of another version, or one that can't be read. One that
   * `isFresh` is not read through first.
   */
  static open(path: string, { isFresh = false } = {}): StoreIndex | undefined {
    if (!existsSync(path)) return undefined;
    const database = connect(path);
    try {
      const state = State.safeParse(database.prepare('SELECT * FROM state').get());
      const sound =
        isFresh || textOf(database.prepare('PRAGMA quick_check(1)').get(), 'quick_check') === 'ok';
      if (sound && state.success && state.data.version === SCHEMA_VERSION)
        return new StoreIndex(path, database);
    } catch (error) {
      // No tables, or no database at all: another is made. What a full disk keeps from being opened is good.
      const full = translate(error, path);
      if (full !== error) {
        database.close();
        throw full;
      }
    }
    database.close();
    return undefined;
  }

  /** Makes an empty index where there is none. */
  static create(path: string): StoreIndex {
    const index = new StoreIndex(path, makeTables(connect(path)));
    index.database.exec(INDEXES);
    return index;
  }

  snapshot(): DatabaseSync {
    return openSnapshot(this.path);
  }

  /** How much of the log is in it. */
  get position(): LogPosition {
    const state = State.parse(this.#sql.state.get());
    return { generation: state.generation, offset: state.position };
  }

  moveTo(position: LogPosition): void {
    this.#sql.moveTo.run(position.generation, position.offset);
  }

  /**
   * Applies transactions and remembers how far the log was read: all of it or, when it throws, nothing. The files of
   * `missing` are not there, whatever the transactions say.
   */
  apply(entries: readonly Entry[], end: LogPosition, missing: readonly Digest[] = []): void {
    this.atomically(() => {
      for (const { changes, facts } of entries)
        for (const change of changes) this.#changes.apply(change, facts);
      for (const digest of missing) this.setFile(digest, undefined);
      this.moveTo(end);
    });
  }

  /** Another number whenever something may have changed that was read before. */
  get revision(): number {
    return this.#revision;
  }

  /** Runs several statements as one transaction. */
  atomically<T>(work: () => T): T {
    this.#revision++;
    this.#sql.begin.run();
    try {
      const result = work();
      this.#sql.commit.run();
      return result;
    } catch (error) {
      if (this.database.isTransaction) this.#sql.rollback.run();
      throw translate(error, this.path);
    } finally {
      this.#changes.endTransaction();
    }
  }

  /** Size in bytes of what a repository holds under a digest, as a blob or as a manifest. */
  blobSize(repository: string, digest: Digest): number | undefined {
    return numberOf(this.#sql.blobSize.get(digest, repository), 'size');
  }

  /** Whether a repository holds it as a blob, and not only as a manifest. */
  holdsBlob(repository: string, digest: Digest): boolean {
    return this.#sql.holdsBlob.get(repository, digest) !== undefined;
  }

  /** Size in bytes of a file that is there, in whichever repository. */
  fileSize(digest: Digest): number | undefined {
    return numberOf(this.#sql.fileSize.get(digest), 'size');
  }

  /** Whether any repository holds the digest, as a blob or as a manifest, be its file there or not. */
  isLinked(digest: Digest): boolean {
    return this.#sql.isLinked.get(digest) !== undefined;
  }

  /** Says that there is no file of this digest any more. */
  forgetFile(digest: Digest): void {
    this.#revision++;
    this.#sql.forgetFile.run(digest);
  }

  /** Files that are there, and their bytes. Reads every row: a moment's work for some hundred thousand blobs. */
  totals(): { blobs: number; bytes: number } {
    const row = this.#sql.totals.get();
    return { blobs: numberOf(row, 'blobs') ?? 0, bytes: numberOf(row, 'bytes') ?? 0 };
  }

  manifestByDigest(repository: string, digest: Digest): HeldManifest | undefined {
    return manifestOf(this.#sql.manifestByDigest.get(digest, repository));
  }

  manifestByTag(repository: string, tag: string): HeldManifest | undefined {
    return manifestOf(this.#sql.manifestByTag.get(tag, repository));
  }

  tags(repository: string, after: string, limit: number): string[] {
    const names = textOf(this.#sql.tags.get(repository, after, limit), 'names')?.split('\n') ?? [];
    // SQLite keeps the order, though it promises none.
    return names.every((name, at) => at === 0 || (names[at - 1] ?? '') < name) ? names : names.sort();
  }

  repositories(after: string, limit: number): string[] {
    return textsOf(this.#sql.repositories.all(after, limit), 'name');
  }

  hasRepository(repository: string): boolean {
    return this.#sql.hasRepository.get(repository) !== undefined;
  }

  /** Repositories that hold a blob, whichever. */
  repositoriesOf(digest: Digest, limit: number): string[] {
    return textsOf(this.#sql.repositoriesOf.all(digest, limit), 'name');
  }

  /**
   * A manifest, and those that refer to it, directly or not; each with the next step, as there may be very many. Between
   * two steps the index may change.
   */
  *withReferrers(digest: Digest): Generator<Digest> {
    const found = new Set([digest]);
    for (const subject of found) {
      yield subject;
      for (let after: string | undefined = ''; after !== undefined && found.size < MOST_REFERRERS; ) {
        const page: Digest[] = textsOf(this.#sql.referrersOf.all(subject, after), 'digest').filter(isDigest);
        for (const each of page) found.add(each);
        after = page.at(-1);
      }
    }
  }

  /** A page of the manifests of a repository whose subject is `digest`, in the order of their digests. */
  referrers({ repository, digest, artifactType, after = '', room }: ReferrersQuery): FoundReferrers {
    const listed = [repository, digest, after, artifactType ?? null];
    let last: string | undefined;
    let size = 0;
    for (const row of this.#sql.referrerSizes.iterate(...listed)) {
      size += (numberOf(row, 'bytes') ?? 0) + 1;
      if (size > room && last !== undefined) return { json: this.#referrersTo(last, listed), next: last };
      last = textOf(row, 'digest');
    }
    return { json: last === undefined ? '' : this.#referrersTo(last, listed), next: undefined };
  }

  /** True when what the manifest holds on to is in the index. */
  knowsManifest(digest: Digest): boolean {
    return this.#sql.knowsManifest.get(digest) !== undefined;
  }

  /** Says that a file is there with `size` bytes, or (undefined) that it is not or must not be used. */
  setFile(digest: Digest, size: number | undefined): void {
    this.#revision++;
    this.#changes.setFile(digest, size);
  }

  /** Says that the bytes of a manifest are there again, and what it refers to; its repositories still hold it. */
  restoreManifest(facts: ManifestFacts): void {
    this.atomically(() => this.#changes.restoreManifest(facts));
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }

  #referrersTo(last: string, listed: readonly (string | null)[]): string {
    return textOf(this.#sql.referrers.get(...listed, last), 'referrers') ?? '';
  }
}

function manifestOf(row: Row | undefined): HeldManifest | undefined {
  const digest = textOf(row, 'digest') ?? '';
  const mediaType = textOf(row, 'media_type');
  return isDigest(digest) && mediaType !== undefined ? { digest, mediaType } : undefined;
}
