import { z } from 'zod';
import type { StoreJob } from '../jobs/store-job.ts';
import type { CollectionObserver } from '../metrics/job-metrics.ts';
import type { ServedStore } from '../served/served-store.ts';
import { type CollectOptions, collectGarbage } from './collect.ts';
import { type GcEvent, GcEventSchema } from './gc-event.ts';
import { RetentionRuleSchema } from './retention.ts';
import { RootSchema } from './root-list.ts';

const GcInputSchema: z.ZodType<CollectOptions> = z.object({
  plan: z.boolean(),
  quarantine: z.boolean(),
  /** Milliseconds. */
  keepUntagged: z.number().nonnegative(),
  rules: z.array(RetentionRuleSchema),
  roots: z.array(RootSchema),
});

/** `skerry registry gc`. The observer is told of collections, not of plans. */
export function gcJob(observer?: CollectionObserver): StoreJob<CollectOptions, GcEvent> {
  return {
    name: 'gc',
    input: GcInputSchema,
    event: GcEventSchema,
    run: (store, input, signal) => observedCollection(store, input, { signal, observer }),
  };
}

/** Collects garbage as collectGarbage does, and has it counted. */
export async function* observedCollection(
  store: ServedStore,
  options: CollectOptions,
  { signal, observer }: { readonly signal: AbortSignal; readonly observer: CollectionObserver | undefined },
): AsyncGenerator<GcEvent> {
  try {
    for await (const event of collectGarbage(store, options, signal)) {
      if (event.type === 'done') observer?.collected({ blobs: event.files, bytes: event.bytes });
      yield event;
    }
  } catch (error) {
    if (!options.plan && !signal.aborted) observer?.failed();
    throw error;
  }
}
