/** Changes with every change of the tables: an index of another version is rebuilt from the log. */
export const SCHEMA_VERSION = 3;

/**
 * The index of a store. It holds nothing that the log and the blobs don't: it can be thrown away at any time. Digests
 * and repositories have numbers, so that an image of a hundred layers costs a hundred small rows.
 */
export const TABLES = `
CREATE TABLE state (
  version INTEGER NOT NULL,
  generation TEXT NOT NULL,
  position INTEGER NOT NULL
);
CREATE TABLE repositories (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- Every digest that is held or that a manifest names.
CREATE TABLE digests (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL,
  size INTEGER NOT NULL DEFAULT 0,
  -- Its file is there and is not known to be rotten.
  present INTEGER NOT NULL DEFAULT 0,
  -- When its file was last hashed.
  checked INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE manifests (
  id INTEGER PRIMARY KEY,
  media_type TEXT NOT NULL,
  subject INTEGER,
  -- Of what has a subject, its own digest and its artifactType: a page of a list is found without reading the list.
  digest TEXT,
  artifact_type TEXT,
  -- How it is listed among the referrers of its subject: a descriptor as JSON, of up to four megabytes.
  referrer TEXT,
  -- 0 when its bytes were not to be had: what it holds on to is unknown.
  known INTEGER NOT NULL
);

-- What a manifest holds on to: kind 0 is a blob, 1 a manifest below an index.
CREATE TABLE edges (
  holder INTEGER NOT NULL,
  target INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  PRIMARY KEY (holder, target, kind)
) WITHOUT ROWID;

CREATE TABLE repository_blobs (
  repository INTEGER NOT NULL,
  blob INTEGER NOT NULL,
  at INTEGER NOT NULL,
  -- A manifest that names it was pushed since it came: its push is over.
  used INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (repository, blob)
) WITHOUT ROWID;

CREATE TABLE repository_manifests (
  repository INTEGER NOT NULL,
  manifest INTEGER NOT NULL,
  media_type TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- When another manifest took its tag; 0 when a tag of it, what held it or its subject was deleted by name.
  released INTEGER,
  -- The tag that it lost last.
  last_tag TEXT,
  PRIMARY KEY (repository, manifest)
) WITHOUT ROWID;

CREATE TABLE tags (
  repository INTEGER NOT NULL,
  name TEXT NOT NULL,
  manifest INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (repository, name)
) WITHOUT ROWID;
`;

/** Ways to find rows of them: made last where many rows are put in at once. */
export const INDEXES = `
CREATE UNIQUE INDEX digests_digest ON digests (digest);
CREATE INDEX digests_checked ON digests (checked) WHERE present = 1;
CREATE INDEX manifests_subject ON manifests (subject, digest, artifact_type) WHERE subject IS NOT NULL;
CREATE INDEX edges_target ON edges (target);
CREATE INDEX repository_blobs_blob ON repository_blobs (blob);
CREATE INDEX repository_manifests_manifest ON repository_manifests (manifest);
CREATE INDEX tags_manifest ON tags (manifest, repository);
`;
