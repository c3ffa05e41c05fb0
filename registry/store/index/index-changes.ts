import type { DatabaseSync } from 'node:sqlite';
import type { Digest } from '../../../content/digest.ts';
import type { Change } from '../log/change.ts';
import type { ManifestFacts } from '../manifests/manifest-facts.ts';
import type { IndexStatements } from './index-statements.ts';
import { manifestRow } from './manifest-row.ts';
import { numberOf } from './rows.ts';

/** Brings what became true of a store into the tables of its index. */
export class IndexChanges {
  readonly #database: DatabaseSync;
  readonly #sql: IndexStatements;
  // Looked up in this transaction.
  readonly #digestIds = new Map<Digest, number>();
  readonly #repositoryIds = new Map<string, number>();

  constructor(database: DatabaseSync, sql: IndexStatements) {
    this.#database = database;
    this.#sql = sql;
  }

  apply(change: Change, facts: ManifestFacts | undefined): void {
    const repository = this.#repositoryId(change.repository);
    if (change.op === 'blob') this.#putBlob(repository, change);
    if (change.op === 'manifest') this.#putManifest(repository, change, facts);
    if (change.op === 'tag') this.#putTag(repository, change);
    if (change.op === 'drop-tag') this.#dropTag(repository, change.tag);
    if (change.op === 'drop-manifest') this.#dropManifest(repository, change);
    if (change.op === 'drop-blob') this.#sql.dropBlob.run(repository, this.#digestId(change.digest));
    if (change.op.startsWith('drop-')) this.#dropEmptyRepository(change.repository, repository);
  }

  /** Says that a file is there with `size` bytes, or (undefined) that it is not or must not be used. */
  setFile(digest: Digest, size: number | undefined): void {
    const id = this.#digestId(digest);
    if (size === undefined) this.#sql.missFile.run(id);
    else this.#sql.setFile.run(size, 1, id);
  }

  /** See StoreIndex.restoreManifest. */
  restoreManifest(facts: ManifestFacts): void {
    const id = this.#digestId(facts.digest);
    this.#sql.setFile.run(facts.size, 1, id);
    this.#sql.dropEdges.run(id);
    this.#learn(id, facts.mediaType, facts);
    this.#sql.useBlobsEverywhere.run(id);
  }

  /** Forgets numbers that were given out in a transaction, or that may be given to others after it. */
  endTransaction(): void {
    this.#digestIds.clear();
    this.#repositoryIds.clear();
  }

  #dropEmptyRepository(name: string, id: number): void {
    const { changes } = this.#sql.dropEmptyRepository.run(id, id, id);
    // What comes to it later in this transaction comes to another.
    if (changes > 0) this.#repositoryIds.delete(name);
  }

  #putBlob(repository: number, { digest, size, at }: Extract<Change, { op: 'blob' }>): void {
    const id = this.#digestId(digest);
    this.#sql.putBlob.run(repository, id, at);
    this.#sql.setFile.run(size, 1, id);
  }

  #putManifest(
    repository: number,
    { digest, mediaType, at, released, lastTag }: Extract<Change, { op: 'manifest' }>,
    facts: ManifestFacts | undefined,
  ): void {
    const id = this.#digestId(digest);
    this.#sql.putRepositoryManifest.run(repository, id, mediaType, at, released ?? null, lastTag ?? null);
    if (facts !== undefined) this.#sql.setFile.run(facts.size, 1, id);
    if (!this.#knows(digest)) this.#learn(id, mediaType, facts);
    this.#sql.useBlobs.run(repository, id);
  }

  #knows(digest: Digest): boolean {
    return this.#sql.knowsManifest.get(digest) !== undefined;
  }

  #learn(id: number, mediaType: string, facts: ManifestFacts | undefined): void {
    const subject = facts?.subject === undefined ? null : this.#digestId(facts.subject);
    this.#sql.putManifest.run(...manifestRow(id, mediaType, facts, subject));
    for (const blob of facts?.blobs ?? []) this.#sql.putEdge.run(id, this.#digestId(blob), 0);
    for (const manifest of facts?.manifests ?? []) this.#sql.putEdge.run(id, this.#digestId(manifest), 1);
  }

  #putTag(repository: number, { tag, digest, at }: Extract<Change, { op: 'tag' }>): void {
    const manifest = this.#digestId(digest);
    const before = this.#tagTarget(repository, tag);
    this.#sql.putTag.run(repository, tag, manifest, at);
    if (before !== undefined && before !== manifest) this.#sql.release.run(at, tag, repository, before);
  }

  // What a deletion by name no longer holds may go with the next collection; nothing says that it should wait.
  #dropTag(repository: number, tag: string): void {
    const manifest = this.#tagTarget(repository, tag);
    if (manifest !== undefined) {
      this.#sql.unlink.run(manifest, repository);
      this.#sql.lostTag.run(tag, repository, manifest);
    }
    this.#sql.dropTag.run(repository, tag);
  }

  #dropManifest(repository: number, { digest, collected }: Extract<Change, { op: 'drop-manifest' }>): void {
    const manifest = this.#digestId(digest);
    if (collected !== true) this.#sql.unlink.run(manifest, repository);
    this.#sql.dropTagsOf.run(repository, manifest);
    this.#sql.dropManifest.run(repository, manifest);
  }

  #tagTarget(repository: number, tag: string): number | undefined {
    return numberOf(this.#sql.tagTarget.get(repository, tag), 'manifest');
  }

  #repositoryId(name: string): number {
    let id = this.#repositoryIds.get(name) ?? numberOf(this.#sql.repositoryId.get(name), 'id');
    id ??= Number(this.#sql.putRepository.run(name).lastInsertRowid);
    if (this.#database.isTransaction) this.#repositoryIds.set(name, id);
    return id;
  }

  #digestId(digest: Digest): number {
    let id = this.#digestIds.get(digest) ?? numberOf(this.#sql.digestId.get(digest), 'id');
    id ??= Number(this.#sql.putDigest.run(digest).lastInsertRowid);
    if (this.#database.isTransaction) this.#digestIds.set(digest, id);
    return id;
  }
}
