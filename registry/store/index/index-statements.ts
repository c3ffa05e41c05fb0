import type { DatabaseSync } from 'node:sqlite';

export type IndexStatements = ReturnType<typeof statementsOf>;

/** Every statement of the index, compiled once. */
export function statementsOf(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text);
  return {
    begin: sql('BEGIN IMMEDIATE'),
    commit: sql('COMMIT'),
    rollback: sql('ROLLBACK'),
    state: sql('SELECT version, generation, position FROM state'),
    moveTo: sql('UPDATE state SET generation = ?, position = ?'),

    digestId: sql('SELECT id FROM digests WHERE digest = ?'),
    putDigest: sql('INSERT INTO digests (digest) VALUES (?)'),
    setFile: sql('UPDATE digests SET size = ?, present = ? WHERE id = ?'),
    // Its size stays: a rewritten log says it, and the file that comes back must have it.
    missFile: sql('UPDATE digests SET present = 0 WHERE id = ?'),
    fileSize: sql('SELECT size FROM digests WHERE digest = ? AND present = 1'),
    isLinked: sql(
      `SELECT 1 FROM digests d WHERE d.digest = ?
          AND (EXISTS (SELECT 1 FROM repository_blobs WHERE blob = d.id)
            OR EXISTS (SELECT 1 FROM repository_manifests WHERE manifest = d.id))`,
    ),
    forgetFile: sql('UPDATE digests SET size = 0, present = 0 WHERE digest = ?'),

    totals: sql('SELECT count(*) AS blobs, total(size) AS bytes FROM digests WHERE present = 1'),

    repositoryId: sql('SELECT id FROM repositories WHERE name = ?'),
    putRepository: sql('INSERT INTO repositories (name) VALUES (?)'),
    hasRepository: sql('SELECT 1 FROM repositories WHERE name = ?'),
    repositories: sql('SELECT name FROM repositories WHERE name > ? ORDER BY name LIMIT ?'),
    dropEmptyRepository: sql(
      `DELETE FROM repositories WHERE id = ?
         AND NOT EXISTS (SELECT 1 FROM repository_blobs WHERE repository = ?)
         AND NOT EXISTS (SELECT 1 FROM repository_manifests WHERE repository = ?)`,
    ),

    blobSize: sql(
      `SELECT d.size FROM digests d JOIN repositories r ON r.name = ?2
        WHERE d.digest = ?1 AND d.present = 1
          AND (EXISTS (SELECT 1 FROM repository_blobs WHERE repository = r.id AND blob = d.id)
            OR EXISTS (SELECT 1 FROM repository_manifests WHERE repository = r.id AND manifest = d.id))`,
    ),
    holdsBlob: sql(
      `SELECT 1 FROM repository_blobs
        WHERE repository = (SELECT id FROM repositories WHERE name = ?)
          AND blob = (SELECT id FROM digests WHERE digest = ?)`,
    ),
    repositoriesOf: sql(
      `SELECT r.name FROM digests d
         JOIN repository_blobs b ON b.blob = d.id
         JOIN repositories r ON r.id = b.repository
        WHERE d.digest = ? AND d.present = 1 LIMIT ?`,
    ),
    putBlob: sql(
      `INSERT INTO repository_blobs (repository, blob, at) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, used = 0`,
    ),
    useBlobs: sql(
      `UPDATE repository_blobs SET used = 1
        WHERE repository = ? AND blob IN (SELECT target FROM edges WHERE holder = ?)`,
    ),
    useBlobsEverywhere: sql(
      `UPDATE repository_blobs SET used = 1
        WHERE repository IN (SELECT repository FROM repository_manifests WHERE manifest = ?1)
          AND blob IN (SELECT target FROM edges WHERE holder = ?1)`,
    ),
    dropBlob: sql('DELETE FROM repository_blobs WHERE repository = ? AND blob = ?'),

    manifestByDigest: sql(
      `SELECT d.digest, m.media_type FROM repository_manifests m
         JOIN digests d ON d.id = m.manifest
        WHERE d.digest = ? AND m.repository = (SELECT id FROM repositories WHERE name = ?)`,
    ),
    manifestByTag: sql(
      `SELECT d.digest, m.media_type FROM tags t
         JOIN repository_manifests m ON m.repository = t.repository AND m.manifest = t.manifest
         JOIN digests d ON d.id = t.manifest
        WHERE t.name = ? AND t.repository = (SELECT id FROM repositories WHERE name = ?)`,
    ),
    knowsManifest: sql(
      'SELECT 1 FROM manifests m JOIN digests d ON d.id = m.id WHERE d.digest = ? AND m.known = 1',
    ),
    putManifest: sql(
      `INSERT INTO manifests (id, media_type, subject, digest, artifact_type, referrer, known)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET media_type = excluded.media_type, subject = excluded.subject,
         digest = excluded.digest, artifact_type = excluded.artifact_type, referrer = excluded.referrer,
         known = excluded.known`,
    ),
    dropEdges: sql('DELETE FROM edges WHERE holder = ?'),
    putEdge: sql('INSERT OR IGNORE INTO edges (holder, target, kind) VALUES (?, ?, ?)'),
    putRepositoryManifest: sql(
      `INSERT INTO repository_manifests (repository, manifest, media_type, at, released, last_tag)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET media_type = excluded.media_type, at = excluded.at, released = excluded.released,
         last_tag = excluded.last_tag`,
    ),
    dropManifest: sql('DELETE FROM repository_manifests WHERE repository = ? AND manifest = ?'),
    release: sql(
      'UPDATE repository_manifests SET released = ?, last_tag = ? WHERE repository = ? AND manifest = ?',
    ),
    lostTag: sql('UPDATE repository_manifests SET last_tag = ? WHERE repository = ? AND manifest = ?'),
    // What was pushed again since the index over it came was pushed for something else, which may not be here yet.
    unlink: sql(
      `WITH RECURSIVE let_go (id, since) AS (
         SELECT manifest, at FROM repository_manifests WHERE repository = ?2 AND manifest = ?1
         UNION
         SELECT m.manifest, m.at FROM let_go g
           JOIN edges e ON e.holder = g.id AND e.kind = 1
           JOIN repository_manifests m ON m.repository = ?2 AND m.manifest = e.target
          WHERE m.at <= g.since
         UNION
         SELECT m.manifest, m.at FROM let_go g
           JOIN manifests r ON r.subject = g.id
           JOIN repository_manifests m ON m.repository = ?2 AND m.manifest = r.id
       )
       UPDATE repository_manifests SET released = 0
        WHERE repository = ?2 AND manifest IN (SELECT id FROM let_go)`,
    ),
    referrersOf: sql(
      `SELECT digest FROM manifests
        WHERE subject = (SELECT id FROM digests WHERE digest = ?) AND digest > ? ORDER BY digest LIMIT 256`,
    ),
    // Each with the bytes of its text, which is not read for that.
    referrerSizes: sql(
      `SELECT m.digest, octet_length(m.referrer) + octet_length(r.media_type) - octet_length(m.media_type) AS bytes
         FROM ${LISTED} ORDER BY m.digest`,
    ),
    // One text and not a row for each: an image may have thousands. What was pushed as one type here may have been
    // pushed as another elsewhere.
    referrers: sql(
      `SELECT group_concat(referrer) AS referrers FROM (
         SELECT CASE r.media_type WHEN m.media_type THEN m.referrer
                  ELSE json_set(m.referrer, '$.mediaType', r.media_type) END AS referrer
           FROM ${LISTED} AND m.digest <= ?5 ORDER BY m.digest)`,
    ),

    tagTarget: sql('SELECT manifest FROM tags WHERE repository = ? AND name = ?'),
    putTag: sql(
      `INSERT INTO tags (repository, name, manifest, at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET manifest = excluded.manifest, at = excluded.at`,
    ),
    dropTag: sql('DELETE FROM tags WHERE repository = ? AND name = ?'),
    dropTagsOf: sql('DELETE FROM tags WHERE repository = ? AND manifest = ?'),
    // One text and not a row for each: a repository may have a hundred thousand.
    tags: sql(
      `SELECT group_concat(name, char(10)) AS names FROM (
         SELECT name FROM tags
          WHERE repository = (SELECT id FROM repositories WHERE name = ?) AND name > ?
          ORDER BY name LIMIT ?)`,
    ),
  };
}

// Referrers in a repository (1) of a subject (2), after a digest (3), of an artifactType (4) or any. The join is the way
// of the index, from the subject on.
const LISTED = `manifests m CROSS JOIN repository_manifests r ON r.manifest = m.id
  WHERE r.repository = (SELECT id FROM repositories WHERE name = ?1)
    AND m.subject = (SELECT id FROM digests WHERE digest = ?2)
    AND m.digest > ?3 AND (?4 IS NULL OR m.artifact_type = ?4)`;
