import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';

/** What garbage collection tells. Times are milliseconds since 1970, sizes bytes. */
export type GcEvent = z.infer<typeof GcEventSchema>;

const count = z.int().nonnegative();
const files = z.object({ files: count, bytes: count });

const GoingManifestSchema = z.object({
  digest: DigestSchema,
  /** Of companions, such as sha256-….sig: they go with it. */
  tags: z.array(z.string()),
  lastTag: z.string().optional(),
  /** When it was pushed last. */
  pushed: z.number(),
  /** When another manifest took its tag. */
  untagged: z.number().optional(),
  why: z.enum(['deleted', 'replaced', 'never-tagged', 'part', 'referrer']),
});
export type GoingManifest = z.infer<typeof GoingManifestSchema>;

const WaitingManifestSchema = z.object({
  digest: DigestSchema,
  lastTag: z.string().optional(),
  /** Absent for ever. */
  until: z.number().optional(),
  reason: z.enum(['untagged', 'pushed', 'rule', 'in-use']),
});
export type WaitingManifest = z.infer<typeof WaitingManifestSchema>;

export const GcEventSchema = z.discriminatedUnion('type', [
  /** What goes from one repository; its manifests follow in events of their own. */
  z.object({
    type: z.literal('repository'),
    repository: z.string(),
    manifests: count,
    blobs: count,
    bytes: count,
  }),
  z.object({ type: z.literal('going'), repository: z.string(), manifests: z.array(GoingManifestSchema) }),
  /** What is kept for now. */
  z.object({ type: z.literal('waiting'), repository: z.string(), manifests: z.array(WaitingManifestSchema) }),
  /** Blobs that may belong to a push in progress. */
  z.object({ type: z.literal('pushes'), repository: z.string(), blobs: count, until: z.number() }),
  /** Nothing goes: it is not known what these manifests hold on to. */
  z.object({ type: z.literal('unknown'), repository: z.string(), manifests: z.array(DigestSchema) }),
  z.object({
    type: z.literal('planned'),
    /** From repositories. */
    manifests: count,
    blobs: count,
    /** Files that no repository holds, what was left unfinished, quarantined files. */
    unheld: files,
    unfinished: files,
    quarantined: files,
    /** Whether the last go as well. */
    quarantineGoes: z.boolean(),
    /** Roots that name nothing here. */
    unknownRoots: count,
    /** All that comes back. */
    bytes: count,
    /** That would come back as well if nothing were kept for now. */
    waitingBytes: count,
  }),
  z.object({ type: z.literal('progress'), manifests: count, blobs: count, bytes: count }),
  z.object({
    type: z.literal('done'),
    manifests: count,
    blobs: count,
    files: count,
    bytes: count,
    /** Bytes of the log before and after, where it was compacted. */
    log: z.object({ before: count, after: count }).optional(),
    /** Why the log was not compacted, where it should have been. */
    logFailure: z.string().optional(),
  }),
]);
