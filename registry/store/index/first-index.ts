import type { DatabaseSync } from 'node:sqlite';
import { translate } from '../../../content/bytes/blob-file.ts';
import type { Digest } from '../../../content/digest.ts';
import type { Change } from '../log/change.ts';
import type { Entry, LogPosition } from '../log/change-log.ts';
import type { ManifestFacts } from '../manifests/manifest-facts.ts';
import { connectToFill, makeTables } from './index-database.ts';
import { manifestRow } from './manifest-row.ts';
import { numberOf } from './rows.ts';
import { INDEXES } from './schema.ts';

type Blob = Extract<Change, { op: 'blob' }>;
type Held = Extract<Change, { op: 'manifest' }>;
type Tag = Extract<Change, { op: 'tag' }>;

/**
 * The index of a store that begins with much in it. Nothing was there before and nothing goes, so what came is known
 * by heart and no row is looked up: it takes half the time of the same changes one by one. Of a crash nothing is left.
 */
export class FirstIndex {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #sql: ReturnType<typeof statementsOf>;
  readonly #repositories = new Map<string, number>();
  readonly #digests = new Map<Digest, number>();
  /** Named by a manifest, and not there so far. */
  readonly #absent = new Set<number>();
  /** Some blob is held that no manifest has named. */
  #hasUnused = false;

  constructor(path: string) {
    this.#path = path;
    this.#database = makeTables(connectToFill(path));
    this.#sql = statementsOf(this.#database);
    this.#database.exec('BEGIN');
  }

  /** Throws when a change takes something away. */
  add({ changes, facts }: Entry): void {
    try {
      for (const change of changes) this.#add(change, facts);
    } catch (error) {
      throw translate(error, this.#path);
    }
  }

  /** The last step; the file is whole then, and not yet on the disk. */
  finish({ generation, offset }: LogPosition): void {
    try {
      this.#sql.moveTo.run(generation, offset);
      this.#database.exec('COMMIT');
      this.#database.exec(INDEXES);
    } catch (error) {
      throw translate(error, this.#path);
    }
    this.close();
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #add(change: Change, facts: ManifestFacts | undefined): void {
    const repository = this.#repository(change.repository);
    if (change.op === 'blob') this.#addBlob(repository, change, facts);
    else if (change.op === 'manifest') this.#addManifest(repository, change, facts);
    else if (change.op === 'tag') this.#addTag(repository, change);
    else throw new Error(`${change.op} in what a store begins with`);
  }

  #addBlob(repository: number, { digest, size, at }: Blob, facts: ManifestFacts | undefined): void {
    const isUsed = facts?.blobs.includes(digest) === true;
    if (!isUsed) this.#hasUnused = true;
    this.#sql.putBlob.run(repository, this.#present(digest, size), at, isUsed ? 1 : 0);
  }

  #addManifest(repository: number, { digest, mediaType, at }: Held, facts: ManifestFacts | undefined): void {
    const id = facts === undefined ? this.#named(digest) : this.#present(digest, facts.size);
    this.#sql.putRepositoryManifest.run(repository, id, mediaType, at);
    const subject = facts?.subject === undefined ? null : this.#named(facts.subject);
    const { changes } = this.#sql.putManifest.run(...manifestRow(id, mediaType, facts, subject));
    if (changes > 0) {
      for (const blob of facts?.blobs ?? []) this.#sql.putEdge.run(id, this.#named(blob), 0);
      for (const manifest of facts?.manifests ?? []) this.#sql.putEdge.run(id, this.#named(manifest), 1);
    }
    if (this.#hasUnused) this.#sql.useBlobs.run(repository, id);
  }

  // The last one has the tag.
  #addTag(repository: number, { tag, digest, at }: Tag): void {
    const manifest = this.#named(digest);
    if (this.#sql.putTag.run(repository, tag, manifest, at).changes > 0) return;
    const before = numberOf(this.#sql.tagTarget.get(repository, tag), 'manifest');
    this.#sql.moveTag.run(manifest, at, repository, tag);
    if (before !== undefined && before !== manifest) this.#sql.release.run(at, tag, repository, before);
  }

  #repository(name: string): number {
    const known = this.#repositories.get(name);
    if (known !== undefined) return known;
    const id = this.#repositories.size + 1;
    this.#sql.putRepository.run(id, name);
    this.#repositories.set(name, id);
    return id;
  }

  #present(digest: Digest, size: number): number {
    const known = this.#digests.get(digest);
    if (known === undefined) return this.#newDigest(digest, size, 1);
    if (this.#absent.delete(known)) this.#sql.setFile.run(size, known);
    return known;
  }

  #named(digest: Digest): number {
    const known = this.#digests.get(digest);
    if (known !== undefined) return known;
    const id = this.#newDigest(digest, 0, 0);
    this.#absent.add(id);
    return id;
  }

  #newDigest(digest: Digest, size: number, present: number): number {
    const id = this.#digests.size + 1;
    this.#sql.putDigest.run(id, digest, size, present);
    this.#digests.set(digest, id);
    return id;
  }
}

function statementsOf(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text);
  return {
    moveTo: sql('UPDATE state SET generation = ?, position = ?'),
    putRepository: sql('INSERT INTO repositories (id, name) VALUES (?, ?)'),
    putDigest: sql('INSERT INTO digests (id, digest, size, present) VALUES (?, ?, ?, ?)'),
    setFile: sql('UPDATE digests SET size = ?, present = 1 WHERE id = ?'),
    putBlob: sql(
      `INSERT INTO repository_blobs (repository, blob, at, used) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, used = excluded.used`,
    ),
    useBlobs: sql(
      `UPDATE repository_blobs SET used = 1
        WHERE repository = ? AND blob IN (SELECT target FROM edges WHERE holder = ?)`,
    ),
    putRepositoryManifest: sql(
      `INSERT INTO repository_manifests (repository, manifest, media_type, at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET media_type = excluded.media_type, at = excluded.at`,
    ),
    putManifest: sql(
      `INSERT OR IGNORE INTO manifests (id, media_type, subject, digest, artifact_type, referrer, known)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    putEdge: sql('INSERT OR IGNORE INTO edges (holder, target, kind) VALUES (?, ?, ?)'),
    putTag: sql('INSERT OR IGNORE INTO tags (repository, name, manifest, at) VALUES (?, ?, ?, ?)'),
    tagTarget: sql('SELECT manifest FROM tags WHERE repository = ? AND name = ?'),
    moveTag: sql('UPDATE tags SET manifest = ?, at = ? WHERE repository = ? AND name = ?'),
    release: sql(
      'UPDATE repository_manifests SET released = ?, last_tag = ? WHERE repository = ? AND manifest = ?',
    ),
  };
}
