import type { DatabaseSync } from 'node:sqlite';
import type { Digest } from '../../../content/digest.ts';
import { numberIn } from '../../store/index/rows.ts';
import type { Root } from './root-list.ts';

/** Finds what roots name in an index, and counts those that name nothing. */
export class RootFinder {
  /** Numbers of digests that are held in every repository. */
  readonly everywhere: ReadonlySet<number>;
  readonly #byRepository = new Map<string, Root[]>();
  readonly #unknown: Set<Root>;
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(database: DatabaseSync, roots: readonly Root[]) {
    this.#sql = statementsOf(database);
    this.#unknown = new Set(roots);
    const everywhere = new Set<number>();
    for (const root of roots) {
      for (const name of root.repositories ?? []) {
        const others = this.#byRepository.get(name);
        if (others === undefined) this.#byRepository.set(name, [root]);
        else others.push(root);
      }
      if (root.repositories !== undefined || root.digest === undefined) continue;
      const id = numberIn(this.#sql.held.get(root.digest), 'id');
      if (id === 0) continue;
      everywhere.add(id);
      this.#unknown.delete(root);
    }
    this.everywhere = everywhere;
  }

  /** Roots that were not found in any repository that was asked about. */
  get unknown(): number {
    return this.#unknown.size;
  }

  /** Numbers of the digests that are held in a repository. */
  rootsIn(repository: string): number[] {
    return (this.#byRepository.get(repository) ?? []).flatMap((root) => {
      const ids = [this.#digest(repository, root.digest), this.#tag(repository, root.tag)].filter(
        (id) => id !== 0,
      );
      if (ids.length > 0) this.#unknown.delete(root);
      return ids;
    });
  }

  #digest(repository: string, digest: Digest | undefined): number {
    return digest === undefined ? 0 : numberIn(this.#sql.heldIn.get(repository, digest), 'id');
  }

  #tag(repository: string, tag: string | undefined): number {
    return tag === undefined ? 0 : numberIn(this.#sql.tagged.get(repository, tag), 'manifest');
  }
}

function statementsOf(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text);
  return {
    held: sql('SELECT id FROM digests WHERE digest = ?'),
    heldIn: sql(
      `SELECT d.id FROM digests d JOIN repositories r ON r.name = ?1
        WHERE d.digest = ?2
          AND (EXISTS (SELECT 1 FROM repository_manifests WHERE repository = r.id AND manifest = d.id)
            OR EXISTS (SELECT 1 FROM repository_blobs WHERE repository = r.id AND blob = d.id)
            OR EXISTS (SELECT 1 FROM manifests m JOIN repository_manifests x ON x.manifest = m.id
                 WHERE m.subject = d.id AND x.repository = r.id))`,
    ),
    tagged: sql(
      'SELECT manifest FROM tags WHERE name = ?2 AND repository = (SELECT id FROM repositories WHERE name = ?1)',
    ),
  };
}
