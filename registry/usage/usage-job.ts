import { z } from 'zod';
import { planGc } from '../gc/plan/gc-plan.ts';
import { DEFAULT_KEEP_UNTAGGED } from '../gc/plan/keep-untagged.ts';
import type { StoreJob } from '../jobs/store-job.ts';
import { matchesRepository, parseRepositoryPattern } from '../repository-pattern.ts';
import { measureDisk } from '../store/files/disk-measure.ts';
import type { ServedStore } from '../store/served-store.ts';
import { measureStore } from './measure.ts';
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
  store: ServedStore,
  { repositories: text = '**' }: UsageInput,
  signal: AbortSignal,
): AsyncGenerator<UsageEvent> {
  const { repositories, bytes, sharedBytes } = await measureStore(store.index, signal);
  const options = { keepUntagged: DEFAULT_KEEP_UNTAGGED, rules: [], roots: [] };
  const plan = await planGc(store, options, signal);
  const disk = await measureDisk(store.folder);
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
