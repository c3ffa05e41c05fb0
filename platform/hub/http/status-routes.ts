import { z } from 'zod';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { Remembered } from '../cache/remembered.ts';
import { nothing, type Route, route } from './route.ts';

/** Something that the hub can't do without. */
export interface Check {
  readonly name: string;
  /** Throws when it isn't there. */
  readonly run: () => Promise<void>;
}

export interface StatusOptions {
  readonly version: string;
  readonly checks: readonly Check[];
  readonly now: () => number;
}

const Health = z.object({ status: z.literal('ok') });
const Readiness = z.object({ status: z.literal('ready'), checks: z.array(z.string()) });
const Version = z.object({
  version: z.string().meta({ description: 'Of Skerry.' }),
  apiVersions: z.array(z.string()).meta({ description: 'Versions of this API.' }),
});

/** What probes and clients ask before anything else; open to all. */
export function statusRoutes({ version, checks, now }: StatusOptions): Route[] {
  // Anyone may ask, so asking must not cost the registry and the API server a call each time.
  const results = new Remembered<void>({
    freshMs: 2_000,
    staleMs: 0,
    retryMs: 1_000,
    max: Math.max(1, checks.length),
    now,
  });
  return [
    route({
      path: '/healthz',
      operationId: 'getHealth',
      summary: 'Says that the process answers',
      tag: 'status',
      params: nothing,
      query: nothing,
      answers: 'Health',
      response: Health,
      quiet: true,
      answer: () => ({ status: 'ok' as const }),
    }),
    route({
      path: '/readyz',
      operationId: 'getReadiness',
      summary: 'Says whether the registry and the API server can be worked with',
      tag: 'status',
      params: nothing,
      query: nothing,
      answers: 'Readiness',
      response: Readiness,
      problems: ['NOT_READY'],
      quiet: true,
      answer: async () => {
        const failures = await Promise.all(checks.map(async (check) => await failureOf(check, results)));
        const failed = failures.filter((failure) => failure !== undefined);
        if (failed.length > 0) {
          const subject = failed.map(({ name }) => name).join(', ');
          const detail = failed.map(({ name, why }) => `${name}: ${why}`).join(', ');
          throw platformError('NOT_READY', { subject, detail });
        }
        return { status: 'ready' as const, checks: checks.map(({ name }) => name) };
      },
    }),
    route({
      path: '/version',
      operationId: 'getVersion',
      summary: 'Says which version of Skerry this is',
      tag: 'status',
      params: nothing,
      query: nothing,
      answers: 'Version',
      response: Version,
      answer: () => ({ version, apiVersions: ['v1'] }),
    }),
  ];
}

// The code alone: addresses of what is behind the hub are not for everyone.
async function failureOf({ name, run }: Check, results: Remembered<void>) {
  try {
    await results.get(name, run);
    return undefined;
  } catch (error) {
    return { name, why: isSkerryError(error) ? error.code : 'no answer in time' };
  }
}
