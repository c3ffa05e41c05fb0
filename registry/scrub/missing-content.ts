import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';
import type { Digest } from '../../content/digest.ts';

/** Content of which a repository says that it has it, or of which an image says that it needs it, and that is not there. */
export interface MissingContent {
  readonly digest: Digest;
  /** `missing`: it was here once. `incomplete`: an image names it, and it never came to the image's repository. */
  readonly problem: 'missing' | 'incomplete';
  readonly kind: 'blob' | 'manifest';
  /** Media type of a manifest. */
  readonly mediaType: string | undefined;
  /** Where it is missed. */
  readonly repositories: readonly string[];
}

const Lost = z.object({ digest: DigestSchema, id: z.int(), mediaType: z.string().nullable() });
const Named = z.object({ digest: DigestSchema, repository: z.string() });
const Newest = z.object({ n: z.int().nullable() });
const Name = z.object({ name: z.string() });

/** Numbers of digests looked at in one query. */
const RANGE = 1000;
/** A blob is missed by at most this many repositories; they are for finding it again. */
const MAX_REPOSITORIES = 100;

/**
 * Everything that is not there and should be, according to the index. Indexes may be sparse, and layers that are not to
 * be distributed stay where they are: neither is missed.
 */
export async function* missingContent(
  database: DatabaseSync,
  signal: AbortSignal,
): AsyncGenerator<MissingContent> {
  yield* lostContent(database, signal);
  yield* neverArrived(database, signal);
}

async function* lostContent(database: DatabaseSync, signal: AbortSignal): AsyncGenerator<MissingContent> {
  const lost = database.prepare(
    `SELECT d.digest, d.id,
            (SELECT media_type FROM repository_manifests WHERE manifest = d.id LIMIT 1) AS mediaType
       FROM digests d
      WHERE d.id > ? AND d.id <= ? AND d.present = 0
        AND (EXISTS (SELECT 1 FROM repository_manifests WHERE manifest = d.id)
          OR EXISTS (SELECT 1 FROM repository_blobs WHERE blob = d.id))`,
  );
  const holders = database.prepare(
    `SELECT name FROM repositories WHERE id IN (
       SELECT repository FROM repository_manifests WHERE manifest = ?1
       UNION SELECT repository FROM repository_blobs WHERE blob = ?1) LIMIT ${MAX_REPOSITORIES}`,
  );
  for await (const [from, to] of ranges(database, signal)) {
    for (const row of lost.all(from, to)) {
      const { digest, id, mediaType } = Lost.parse(row);
      const repositories = holders.all(id).map((holder) => Name.parse(holder).name);
      const kind = mediaType === null ? 'blob' : 'manifest';
      yield { digest, problem: 'missing', kind, mediaType: mediaType ?? undefined, repositories };
    }
  }
}

async function* neverArrived(database: DatabaseSync, signal: AbortSignal): AsyncGenerator<MissingContent> {
  const named = database.prepare(
    `SELECT DISTINCT d.digest, r.name AS repository
       FROM edges e
       JOIN repository_manifests m ON m.manifest = e.holder
       JOIN repositories r ON r.id = m.repository
       JOIN digests d ON d.id = e.target
      WHERE e.holder > ? AND e.holder <= ? AND e.kind = 0
        AND NOT EXISTS (SELECT 1 FROM repository_blobs b WHERE b.repository = m.repository AND b.blob = e.target)
        AND NOT EXISTS (SELECT 1 FROM repository_manifests o
                         WHERE o.repository = m.repository AND o.manifest = e.target)`,
  );
  for await (const [from, to] of ranges(database, signal)) {
    for (const row of named.all(from, to)) {
      const { digest, repository } = Named.parse(row);
      yield { digest, problem: 'incomplete', kind: 'blob', mediaType: undefined, repositories: [repository] };
    }
  }
}

async function* ranges(
  database: DatabaseSync,
  signal: AbortSignal,
): AsyncGenerator<readonly [number, number]> {
  const newest = Newest.parse(database.prepare('SELECT max(id) AS n FROM digests').get()).n ?? 0;
  for (let from = 0; from < newest; from += RANGE) {
    signal.throwIfAborted();
    yield [from, from + RANGE];
    await breathe();
  }
}
