import { z } from 'zod';
import type { Audit } from '../audit/audit.ts';
import { recordWork } from '../audit/record-work.ts';
import { registryError } from '../errors.ts';
import { LastDone } from '../jobs/last-done.ts';
import type { StoreJob } from '../jobs/store-job.ts';
import type { Log } from '../log.ts';
import type { GcObserver } from '../metrics/job-metrics.ts';
import type { ServedStore } from '../store/served-store.ts';
import { collectGarbage, type GcOptions } from './collect.ts';
import { type GcEvent, GcEventSchema } from './gc-event.ts';
import { GcTrace } from './gc-trace.ts';
import { RetentionRuleSchema } from './plan/retention.ts';
import { RootSchema } from './plan/root-list.ts';

export interface GcInput extends GcOptions {
  /** Who wants it, for the audit log. */
  readonly by?: string | undefined;
}

const GcInputSchema: z.ZodType<GcInput> = z.object({
  plan: z.boolean(),
  quarantine: z.boolean(),
  /** Milliseconds. */
  keepUntagged: z.number().nonnegative(),
  rules: z.array(RetentionRuleSchema),
  roots: z.array(RootSchema),
  by: z.string().max(200).optional(),
});

/** Receives the events of collections; none of dry runs. */
export interface CollectionWitnesses {
  readonly observer?: GcObserver | undefined;
  readonly audit?: Audit | undefined;
  readonly log?: Log | undefined;
  /** The registry changes nothing: it plans, and collects nothing. */
  readonly readOnly?: boolean | undefined;
}

/** `skerry registry gc`. */
export function gcJob(witnesses: CollectionWitnesses = {}): StoreJob<GcInput, GcEvent> {
  return {
    name: 'gc',
    input: GcInputSchema,
    event: GcEventSchema,
    run: (store, input, signal) => observedGc(store, input, { ...witnesses, signal }),
  };
}

/**
 * Collects garbage as collectGarbage does, and has it counted and recorded: before it is reported as done, and also what
 * one took that was cut off. Throws REGISTRY_READ_ONLY, REGISTRY_AUDIT_UNUSABLE, and what collectGarbage throws.
 */
export async function* observedGc(
  store: ServedStore,
  { by, ...options }: GcInput,
  witnesses: CollectionWitnesses & { readonly signal: AbortSignal },
): AsyncGenerator<GcEvent> {
  const { signal, observer, readOnly } = witnesses;
  if (options.plan) return yield* collectGarbage(store, options, signal);
  if (readOnly) throw registryError('REGISTRY_READ_ONLY', { subject: 'gc' });
  const trace = new GcTrace(store);
  let isDone = false;
  try {
    for await (const event of collectGarbage(store, options, signal)) {
      trace.add(event);
      if (event.type === 'done') {
        isDone = true;
        await tell(store, trace, by, witnesses);
        await new LastDone(store.folder, 'gc').note(store.clock());
        observer?.collected({ blobs: event.files, bytes: event.bytes });
      }
      yield event;
    }
  } catch (error) {
    if (!signal.aborted) observer?.failed();
    throw error;
  } finally {
    if (!isDone) await tell(store, trace, by, witnesses, true);
  }
}

async function tell(
  store: ServedStore,
  trace: GcTrace,
  by: string | undefined,
  { audit, log }: CollectionWitnesses,
  isCutOff = false,
): Promise<void> {
  const entries = trace.entries(by);
  const time = new Date(store.clock()).toISOString();
  const cutOff = isCutOff ? { cutOff: true } : {};
  if (!isCutOff || entries.length > 0)
    log?.({ time, event: 'garbage-collected', ...trace.taken, ...cutOff, by });
  await recordWork(audit, store.name, entries);
}
