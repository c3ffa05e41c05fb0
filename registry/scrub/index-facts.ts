import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';
import type { ManifestFacts } from '../store/manifests/manifest-facts.ts';

const Edge = z.object({ digest: DigestSchema, kind: z.int() });
const Subject = z.object({ digest: DigestSchema.nullable() });

/** What the index says that manifests hold on to, for comparing it with the manifests. */
export class IndexFacts {
  readonly #edges;
  readonly #subject;

  constructor(database: DatabaseSync) {
    this.#edges = database.prepare(
      'SELECT d.digest, e.kind FROM edges e JOIN digests d ON d.id = e.target WHERE e.holder = ?',
    );
    this.#subject = database.prepare(
      'SELECT d.digest FROM manifests m LEFT JOIN digests d ON d.id = m.subject WHERE m.id = ?',
    );
  }

  /** `id`: the manifest's number in the index. */
  agree(id: number, facts: ManifestFacts): boolean {
    const known = new Set(
      this.#edges.all(id).map((row) => {
        const { digest, kind } = Edge.parse(row);
        return `${kind} ${digest}`;
      }),
    );
    const named = new Set([
      ...facts.blobs.map((digest) => `0 ${digest}`),
      ...facts.manifests.map((digest) => `1 ${digest}`),
    ]);
    const subject = Subject.safeParse(this.#subject.get(id)).data?.digest ?? undefined;
    return subject === facts.subject && known.size === named.size && known.isSubsetOf(named);
  }
}
