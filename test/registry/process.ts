import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecureContextOptions } from 'node:tls';
import { Agent, request } from 'undici';
import { z } from 'zod';

/** A `skerry registry serve` of its own, on this machine. */
export interface RegistryProcess extends AsyncDisposable {
  /** `127.0.0.1:PORT`, or another address that was asked for. */
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Every request so far, if they were asked for; those that were just answered may be missing yet. */
  readonly requests: readonly LoggedRequest[];
  /** All requests that were made while `act` ran, if they were asked for. */
  during(act: () => Promise<unknown>): Promise<LoggedRequest[]>;
  /** Every line of its log so far. */
  readonly log: readonly unknown[];
}

const LoggedRequestSchema = z.looseObject({ method: z.string(), path: z.string(), status: z.number() });
export type LoggedRequest = z.infer<typeof LoggedRequestSchema>;

export interface ServeOptions {
  /** Where it listens; on this machine alone otherwise. */
  readonly address?: string | undefined;
  /** A port that was taken before; a free one otherwise. */
  readonly port?: number | undefined;
  /** Keeps a record of each request. */
  readonly requests?: boolean | undefined;
  /** Whom the test trusts and what it shows, where that is served over TLS. */
  readonly tls?: SecureContextOptions | undefined;
}

const Serving = z.object({ message: z.literal('serving'), port: z.number() });
const STOP_MS = 20_000;
const LOGGED_MS = 30_000;

/**
 * Starts a registry; `args` say what it serves and to whom, `program` may have arguments of its own before them. It ends
 * with the scope that holds it, and that scope fails when it ended sooner or badly.
 */
export async function serveRegistryOf(
  program: string | readonly [string, ...string[]],
  args: readonly string[],
  { address = '127.0.0.1', port = 0, requests: logged = false, tls }: ServeOptions = {},
): Promise<RegistryProcess> {
  const [file, ...before] = typeof program === 'string' ? [program] : program;
  const quiet = logged ? [] : ['--quiet'];
  const listen = ['--listen', `${address}:${port}`];
  const child = spawn(file, [...before, 'registry', 'serve', ...args, ...listen, ...quiet], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const life = watch(child);
  const requests: LoggedRequest[] = [];
  const log: unknown[] = [];
  const taken = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const record: unknown = JSON.parse(line);
      log.push(record);
      const serving = Serving.safeParse(record);
      if (serving.success) resolve(serving.data.port);
      const request = LoggedRequestSchema.safeParse(record);
      if (request.success) requests.push(request.data);
    });
    life.ended.then(() => reject(new Error(`the registry did not start: ${life.account()}`)), reject);
  });
  const host = `${address}:${taken}`;
  return {
    host,
    port: taken,
    pid: child.pid ?? 0,
    requests,
    log,
    during: async (act) => {
      const before = requests.length;
      await act();
      const marker = await mark(host, tls);
      await untilLogged(requests, marker);
      return requests.slice(before).filter(({ requestId }) => requestId !== marker);
    },
    [Symbol.asyncDispose]: () => life.stop(),
  };
}

// The log comes through a pipe: a request of our own, told apart by its id, shows that all before it have come.
async function mark(host: string, tls: SecureContextOptions | undefined): Promise<string> {
  const id = randomUUID();
  const agent = new Agent(tls === undefined ? {} : { connect: tls });
  try {
    const { body } = await request(`${tls === undefined ? 'http' : 'https'}://${host}/healthz`, {
      dispatcher: agent,
      headers: { 'x-request-id': id },
      signal: AbortSignal.timeout(LOGGED_MS),
    });
    await body.dump();
  } finally {
    await agent.close();
  }
  return id;
}

async function untilLogged(requests: readonly LoggedRequest[], id: string): Promise<void> {
  for (const until = Date.now() + LOGGED_MS; Date.now() < until; await sleep(10))
    if (requests.some(({ requestId }) => requestId === id)) return;
  throw new Error('the registry does not log its requests');
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Sees how a process ends: one that nobody stopped says so at once, whatever becomes of the test. */
function watch(child: Child) {
  let said = '';
  let stopping = false;
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-20_000);
  });
  const account = () => `exit code ${child.exitCode}, signal ${child.signalCode}, it said:\n${said}`;
  // A test that gives up leaves no registry behind.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close').finally(() => process.off('exit', kill));
  const early = ended.then(() => {
    if (!stopping) console.error(`skerry registry serve (pid ${child.pid}) ended by itself: ${account()}`);
  });
  const stop = async () => {
    const wasRunning = child.exitCode === null && child.signalCode === null;
    stopping = true;
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await early;
    clearTimeout(force);
    if (!wasRunning) throw new Error(`the registry ended by itself: ${account()}`);
    if (child.exitCode !== 0) throw new Error(`the registry did not end well: ${account()}`);
  };
  return { ended, account, stop };
}
