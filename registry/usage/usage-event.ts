import { z } from 'zod';

/** What a store tells about the room that it takes. Sizes are bytes; each file counts once in each of them. */
export type UsageEvent = z.infer<typeof UsageEventSchema>;

const count = z.int().nonnegative();

const RepositoryUsageSchema = z.object({
  repository: z.string(),
  tags: count,
  manifests: count,
  blobs: count,
  /** Of all that it holds. */
  bytes: count,
  /** Of what no other repository holds. */
  ownBytes: count,
});
export type RepositoryUsage = z.infer<typeof RepositoryUsageSchema>;

const StoreUsageSchema = z.object({
  repositories: count,
  tags: count,
  manifests: count,
  /** Of all files that a repository holds. */
  bytes: count,
  /** Of those that several hold. */
  sharedBytes: count,
  /** What garbage collection would give back now, and what it keeps for now. */
  reclaimableBytes: count,
  waitingBytes: count,
  quarantinedBytes: count,
  disk: z.object({ freeBytes: count, sizeBytes: count }),
});
export type StoreUsage = z.infer<typeof StoreUsageSchema>;

export const UsageEventSchema = z.discriminatedUnion('type', [
  RepositoryUsageSchema.extend({ type: z.literal('repository') }),
  StoreUsageSchema.extend({ type: z.literal('total') }),
]);
