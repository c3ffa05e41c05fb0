import { z } from 'zod';
import { DigestSchema } from './descriptor.ts';

/** Where a Skerry registry says how full it is; no repository has a name that begins with an underscore. */
export const STORAGE_PATH = '/v2/_skerry/storage';

const count = z.int().nonnegative();
const files = z.object({ files: count, bytes: count });
const Digest = DigestSchema.meta({ type: 'string', description: 'sha256:… or sha512:…' });

const RepositoryRoom = z.object({
  repository: z.string(),
  tags: count,
  manifests: count,
  blobs: count,
  bytes: count.meta({ description: 'Of all that it holds.' }),
  ownBytes: count.meta({ description: 'Of what no other repository holds.' }),
});

const Going = z.object({
  repository: z.string(),
  digest: Digest,
  lastTag: z.string().optional(),
  pushedAt: z.iso.datetime(),
  untaggedAt: z.iso.datetime().optional(),
  why: z.enum(['deleted', 'replaced', 'never-tagged', 'part', 'referrer']),
});

const Kept = z.object({
  repository: z.string(),
  digest: Digest,
  lastTag: z.string().optional(),
  until: z.iso.datetime().optional().meta({ description: 'For ever when absent.' }),
  reason: z.enum(['untagged', 'pushed', 'rule', 'in-use']),
});

const Collection = z.object({
  everySeconds: z.number().optional().meta({ description: 'On command only when absent.' }),
  lastDoneAt: z.iso.datetime().optional(),
  keepUntaggedSeconds: z.number().meta({ description: 'So long what lost its tag stays.' }),
  plan: z
    .object({
      manifests: count,
      blobs: count,
      bytes: count.meta({ description: 'All that would come back now.' }),
      waitingBytes: count.meta({ description: 'That would come back if nothing were kept for now.' }),
      unheld: files.meta({ description: 'Files that no repository holds.' }),
      unfinished: files,
      quarantined: files.meta({ description: 'Corrupt files that were put aside; they stay.' }),
      going: z.array(Going).meta({ description: 'The first of the manifests that would go.' }),
      kept: z.array(Kept).meta({ description: 'The first of those that are kept for now.' }),
      keptManifests: count,
      unknown: z
        .array(z.string())
        .meta({ description: 'Repositories of which nothing goes, as it is not known what they refer to.' }),
    })
    .optional(),
  refused: z
    .object({ code: z.string(), detail: z.string() })
    .optional()
    .meta({ description: 'Why nothing would be collected at all.' }),
});

/** What a registry that Skerry serves says of the room that its store takes. Sizes are bytes. */
export const StorageReport = z.object({
  measuredAt: z.iso.datetime(),
  total: z.object({
    repositories: count,
    tags: count,
    manifests: count,
    bytes: count.meta({ description: 'Of all files that a repository holds, each counted once.' }),
    sharedBytes: count.meta({ description: 'Of those that several repositories hold.' }),
  }),
  disk: z.object({ freeBytes: count, sizeBytes: count }),
  repositories: z.array(RepositoryRoom).meta({ description: 'The largest, 500 at most.' }),
  collection: Collection,
});
export type StorageReport = z.infer<typeof StorageReport>;
