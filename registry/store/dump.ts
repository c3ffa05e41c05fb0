import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';
import type { Change, Transaction } from './log/change.ts';

const Held = z.object({ repository: z.string(), digest: DigestSchema, at: z.number() });
const Blob = Held.extend({ size: z.number() });
const HeldManifest = Held.extend({
  media_type: z.string(),
  released: z.number().nullable(),
  last_tag: z.string().nullable(),
});
const Tag = Held.extend({ name: z.string() });

/** Everything that an index says, as the shortest log that leads to it. */
export function* dump(database: DatabaseSync): Generator<Transaction> {
  for (const row of rows(database, Blob, BLOBS)) yield [blobChange(row)];
  for (const row of rows(database, HeldManifest, MANIFESTS)) yield [manifestChange(row)];
  for (const row of rows(database, Tag, TAGS)) yield [tagChange(row)];
}

const BLOBS = `SELECT r.name AS repository, d.digest, d.size, b.at FROM repository_blobs b
  JOIN repositories r ON r.id = b.repository JOIN digests d ON d.id = b.blob`;
const MANIFESTS = `SELECT r.name AS repository, d.digest, m.media_type, m.at, m.released, m.last_tag FROM repository_manifests m
  JOIN repositories r ON r.id = m.repository JOIN digests d ON d.id = m.manifest`;
const TAGS = `SELECT r.name AS repository, t.name, d.digest, t.at FROM tags t
  JOIN repositories r ON r.id = t.repository JOIN digests d ON d.id = t.manifest`;

function* rows<T>(database: DatabaseSync, schema: z.ZodType<T>, sql: string): Generator<T> {
  for (const row of database.prepare(sql).iterate()) yield schema.parse(row);
}

function blobChange({ repository, digest, size, at }: z.infer<typeof Blob>): Change {
  return { op: 'blob', repository, digest, size, at };
}

function manifestChange(row: z.infer<typeof HeldManifest>): Change {
  const { repository, digest, at, released } = row;
  return {
    op: 'manifest',
    repository,
    digest,
    mediaType: row.media_type,
    at,
    ...(released === null ? {} : { released }),
    ...(row.last_tag === null ? {} : { lastTag: row.last_tag }),
  };
}

function tagChange({ repository, name, digest, at }: z.infer<typeof Tag>): Change {
  return { op: 'tag', repository, tag: name, digest, at };
}
