import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { fileSize, hasCode } from '../../content/bytes/blob-file.ts';
import { contentError } from '../../content/errors.ts';
import { tryJson } from '../../content/json.ts';
import { registryError } from '../errors.ts';
import type { Log } from '../log.ts';
import { asUnusable } from '../store/files/unusable.ts';
import { isServedStore, openServedStore } from '../store/open.ts';
import { fromJobError, JobErrorSchema } from './job-error.ts';
import { jobSocket } from './job-socket.ts';
import type { StoreJob } from './store-job.ts';

const Line = z.union([
  z.object({ event: z.unknown() }).strict(),
  z.object({ end: z.boolean() }).strict(),
  z.object({ error: JobErrorSchema }).strict(),
]);

/**
 * Runs a job on the store in a folder: asks the registry that has it open, or opens the store itself.
 * In the latter case `report` receives what the store logs. Throws STORE_NOT_FOUND, REGISTRY_STORE_UNUSABLE,
 * REGISTRY_STORE_IN_USE, REGISTRY_JOB_CUT_OFF, and what the job throws.
 */
export async function* runJob<Input, Event>(
  folder: string,
  job: StoreJob<Input, Event>,
  input: Input,
  signal: AbortSignal,
  report?: Log,
): AsyncGenerator<Event> {
  const answer = await findStore(folder, () => ask(folder, job.name, input, signal));
  if (answer !== undefined) return yield* eventsOf(answer, job, folder);
  const store = await openServedStore(folder, { report });
  try {
    yield* job.run(store, input, signal);
  } finally {
    await store.close();
  }
}

// A user without permission for the folder, or for the socket of the registry that serves it, gets an error that says so.
async function findStore<T>(folder: string, next: () => Promise<T>): Promise<T> {
  try {
    if ((await isServedStore(folder)) || (await fileSize(join(folder, 'index.json'))) !== undefined)
      return await next();
  } catch (error) {
    throw asUnusable(error, folder);
  }
  throw contentError('STORE_NOT_FOUND', {
    subject: folder,
    remedy:
      'Give the folder that skerry registry serve has as --store; a bundle is checked with skerry bundle verify.',
  });
}

// Undefined when no registry listens there.
async function ask(
  folder: string,
  name: string,
  input: unknown,
  signal: AbortSignal,
): Promise<IncomingMessage | undefined> {
  const socket = await jobSocket(folder);
  if (socket === undefined) return undefined;
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath: socket.path, method: 'POST', path: `/${name}`, signal })
        .on('error', reject)
        .on('response', resolve)
        .end(JSON.stringify(input));
    });
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ECONNREFUSED')) return undefined;
    throw error;
  } finally {
    await socket.close();
  }
}

async function* eventsOf<Input, Event>(
  answer: IncomingMessage,
  job: StoreJob<Input, Event>,
  folder: string,
): AsyncGenerator<Event> {
  if (answer.statusCode !== 200) {
    answer.resume();
    throw registryError('REGISTRY_JOB_UNKNOWN', { subject: job.name, detail: folder });
  }
  try {
    for await (const text of createInterface({ input: answer })) {
      const line = Line.parse(tryJson(text));
      if ('error' in line) throw fromJobError(line.error);
      if ('end' in line) return;
      yield job.event.parse(line.event);
    }
  } finally {
    // A client that hangs up stops the job.
    answer.destroy();
  }
  throw registryError('REGISTRY_JOB_CUT_OFF', { subject: `${job.name} of ${folder}` });
}
