import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { companionTags, subjectOfTag } from '../../../content/companion-tag.ts';
import type { Digest } from '../../../content/digest.ts';
import { nullableIn, numberIn, textIn } from '../../store/index/rows.ts';

/**
 * Questions about what holds a digest in one repository at this moment. Each is a few short queries, so that all that
 * have to be asked about some hundred digests are answered before anybody else has his turn.
 */
export class LiveChecks {
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(database: DatabaseSync) {
    this.#sql = statementsOf(database);
  }

  /** Undefined when there is no such repository. */
  repositoryId(name: string): number | undefined {
    return numberIn(this.#sql.repository.get(name), 'id') || undefined;
  }

  member(repository: number, manifest: number): { at: number; released: number | null } | undefined {
    const row = this.#sql.member.get(repository, manifest);
    return row === undefined ? undefined : { at: numberIn(row, 'at'), released: nullableIn(row, 'released') };
  }

  blob(repository: number, blob: number): { at: number; used: number } | undefined {
    const row = this.#sql.blob.get(repository, blob);
    return row === undefined ? undefined : { at: numberIn(row, 'at'), used: numberIn(row, 'used') };
  }

  tags(repository: number, manifest: number): string[] {
    return this.#sql.tags.all(manifest, repository).map((row) => textIn(row, 'name'));
  }

  /** What the repository holds that names the digest. */
  *holders(repository: number, digest: number): Generator<number> {
    yield* this.#column('holders', 'holder', repository, digest);
  }

  *referrers(repository: number, subject: number): Generator<number> {
    yield* this.#column('referrers', 'id', repository, subject);
  }

  targets(manifest: number): number[] {
    return [...this.#column('targets', 'target', manifest)];
  }

  /** 0 when it has none. */
  subject(manifest: number): number {
    return numberIn(this.#sql.subject.get(manifest), 'subject');
  }

  /** Manifests under the tags that belong to a digest. */
  companions(repository: number, subject: Digest): number[] {
    return companionTags(subject).flatMap(
      (tag) => numberIn(this.#sql.tagged.get(repository, tag), 'manifest') || [],
    );
  }

  /** The manifest of the repository that a companion's tag belongs to; undefined when it is not here. */
  subjectOfTag(repository: number, tag: string): number | undefined {
    const prefix = subjectOfTag(tag) ?? '';
    return numberIn(this.#sql.tagSubject.get(repository, prefix, `${prefix}g`), 'id') || undefined;
  }

  *#column(
    query: 'holders' | 'referrers' | 'targets',
    column: string,
    ...parameters: SQLInputValue[]
  ): Generator<number> {
    for (const row of this.#sql[query].iterate(...parameters)) yield numberIn(row, column);
  }
}

function statementsOf(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text);
  return {
    repository: sql('SELECT id FROM repositories WHERE name = ?'),
    member: sql('SELECT at, released FROM repository_manifests WHERE repository = ? AND manifest = ?'),
    blob: sql('SELECT at, used FROM repository_blobs WHERE repository = ? AND blob = ?'),
    tags: sql('SELECT name FROM tags WHERE manifest = ? AND repository = ?'),
    tagged: sql('SELECT manifest FROM tags WHERE repository = ? AND name = ?'),
    holders: sql(
      `SELECT e.holder FROM edges e
         JOIN repository_manifests r ON r.repository = ?1 AND r.manifest = e.holder WHERE e.target = ?2`,
    ),
    referrers: sql(
      `SELECT m.id FROM manifests m
         JOIN repository_manifests r ON r.repository = ?1 AND r.manifest = m.id WHERE m.subject = ?2`,
    ),
    targets: sql('SELECT target FROM edges WHERE holder = ?'),
    subject: sql('SELECT subject FROM manifests WHERE id = ?'),
    tagSubject: sql(
      `SELECT d.id FROM digests d JOIN repository_manifests r ON r.repository = ?1 AND r.manifest = d.id
        WHERE d.digest >= ?2 AND d.digest < ?3 LIMIT 1`,
    ),
  };
}
