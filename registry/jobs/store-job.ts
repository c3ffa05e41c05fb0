import type { z } from 'zod';
import type { ServedStore } from '../store/served-store.ts';

/**
 * Work on a whole store, such as collecting garbage. It runs in the process that has the store open: in the registry
 * while that serves, else in the command that asks for it.
 */
export interface StoreJob<Input, Event> {
  /** As in the command line: `gc`. */
  readonly name: string;
  /** Narrows what came over the socket. */
  readonly input: z.ZodType<Input>;
  /** Narrows what comes back. */
  readonly event: z.ZodType<Event>;
  /** Yields progress and results, and ends soon after the signal aborts. */
  run(store: ServedStore, input: Input, signal: AbortSignal): AsyncGenerator<Event>;
}

/** A job whose types are its own affair. */
export interface OfferedJob {
  readonly name: string;
  /** Throws a ZodError when `input` is not what the job takes. */
  run(store: ServedStore, input: unknown, signal: AbortSignal): AsyncGenerator<unknown>;
}

/** A job as the registry offers it over its socket. */
export function offered<Input, Event>(job: StoreJob<Input, Event>): OfferedJob {
  return { name: job.name, run: (store, input, signal) => job.run(store, job.input.parse(input), signal) };
}
