import { z } from 'zod';
import { matchesRepository, parseRepositoryPattern } from '../access/repository-pattern.ts';
import { planCollection } from '../collection/collection-plan.ts';
import { DEFAULT_KEEP_UNTAGGED } from '../collection/policy.ts';
import { inSlices } from '../collection/slices.ts';
import type { StoreJob } from '../jobs/store-job.ts';
import { measureDisk } from '../room.ts';
import type { ServedStore } from '../served/served-store.ts';
import { openSnapshot } from '../served/store-index.ts';
import { type Measures, measure } from './measure.ts';
import { type UsageEvent, UsageEventSchema } from './usage-event.ts';

const UsageInputSchema = z.object({
  /** Only these are listed, as in permissions: `team/**`; the total is of all. */
  repositories: z
    .string()
    .refine((text) => parseRepositoryPattern(text) !== undefined, {
      message: 'not a pattern of repositories',
    })
    .optional(),
});
export type UsageInput = z.infer<typeof UsageInputSchema>;

/** `skerry registry usage`: what each repository takes, and what is shared, garbage or free. */
export const usageJob: StoreJob<UsageInput, UsageEvent> = {
  name: 'usage',
  input: UsageInputSchema,
  event: UsageEventSchema,
  run: usage,
};

async function* usage(
  { parts }: ServedStore,
  { repositories: text = '**' }: UsageInput,
  signal: AbortSignal,
): AsyncGenerator<UsageEvent> {
  const { repositories, bytes, sharedBytes } = await measureStore(parts.index.path, signal);
  const options = { keepUntagged: DEFAULT_KEEP_UNTAGGED, rules: [], roots: [] };
  const plan = await planCollection(parts, options, signal);
  const disk = await measureDisk(parts.folder);
  const pattern = parseRepositoryPattern(text);
  for (const each of repositories)
    if (pattern === undefined || matchesRepository(pattern, each.repository))
      yield { type: 'repository', ...each };
  const sum = (field: 'tags' | 'manifests') => repositories.reduce((total, each) => total + each[field], 0);
  yield {
    type: 'total',
    repositories: repositories.length,
    tags: sum('tags'),
    manifests: sum('manifests'),
    bytes,
    sharedBytes,
    reclaimableBytes: plan.bytes,
    waitingBytes: plan.waitingBytes,
    quarantinedBytes: plan.quarantined.reduce((total, file) => total + file.bytes, 0),
    disk: { freeBytes: disk.free, sizeBytes: disk.size },
  };
}

async function measureStore(path: string, signal: AbortSignal): Promise<Measures> {
  const snapshot = openSnapshot(path);
  try {
    return await inSlices(measure(snapshot), signal);
  } finally {
    snapshot.close();
  }
}
