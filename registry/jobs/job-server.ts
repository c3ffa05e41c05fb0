import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { messageOf } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import type { Log } from '../log.ts';
import type { ServedStore } from '../store/served-store.ts';
import { toJobError } from './job-error.ts';
import { jobSocket } from './job-socket.ts';
import type { OfferedJob } from './store-job.ts';

export interface JobServer {
  /** Aborts what runs and waits for it. */
  close(): Promise<void>;
}

/**
 * Takes orders for a store from commands on this machine: `POST /<job>` with its input as JSON, answered with one line
 * of JSON for each event. A registry that can't (a file system without sockets) serves without, and says so in its log.
 */
export async function serveJobs(
  store: ServedStore,
  jobs: readonly OfferedJob[],
  log: Log,
): Promise<JobServer> {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const work = answer(request, response, { store, jobs, stopping: stopping.signal }).finally(() =>
      running.delete(work),
    );
    running.add(work);
  });
  const socket = await jobSocket(store.folder);
  try {
    if (socket !== undefined) await listen(server, socket.path);
  } catch (error) {
    log({ time: new Date().toISOString(), event: 'control-socket-failed', error: messageOf(error) });
  }
  return {
    close: async () => {
      stopping.abort();
      await Promise.allSettled(running);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      if (server.listening) await closed;
      await socket?.close();
    },
  };
}

// The store's lock is ours, so a socket that is there belongs to a process that was killed.
async function listen(server: Server, path: string): Promise<void> {
  await rm(path, { force: true });
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The socket is made within this call. The umask is the whole process's: held any longer, it would be that of folders
    // which requests make meanwhile.
    const before = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  });
  await listening;
  await chmod(path, 0o600);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { store, jobs, stopping }: { store: ServedStore; jobs: readonly OfferedJob[]; stopping: AbortSignal },
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort()).on('error', () => {});
  const job = jobs.find(({ name }) => request.method === 'POST' && request.url === `/${name}`);
  if (job === undefined) return void response.writeHead(404).end();
  const signal = AbortSignal.any([gone.signal, stopping]);
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  try {
    const input = tryJson(await text(request));
    for await (const event of job.run(store, input, signal)) await send(response, { event }, signal);
    await send(response, { end: !signal.aborted }, signal);
  } catch (error) {
    if (!signal.aborted) await send(response, { error: toJobError(error) }, signal).catch(() => {});
  }
  response.end();
}

async function send(response: ServerResponse, line: object, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(`${JSON.stringify(line)}\n`)) return;
  await new Promise<void>((resolve) => {
    response.once('drain', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
