import { z } from 'zod';
import type { StoreJob } from '../jobs/store-job.ts';
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

/** `skerry registry gc`. */
export const gcJob: StoreJob<CollectOptions, GcEvent> = {
  name: 'gc',
  input: GcInputSchema,
  event: GcEventSchema,
  run: (store, input, signal) => collectGarbage(store, input, signal),
};
