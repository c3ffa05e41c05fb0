import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServiceOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** Answers 200 (or 401) once it is up. */
  readonly readyUrl: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal;
}

export interface Service {
  stop(): Promise<void>;
}

const STOP_MS = 10_000;

/** Starts a server and waits until it answers; what it says goes into NAME.out of its folder. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { name, program, args, folder, env, readyUrl, signal } = options;
  const path = join(folder, `${name}.out`);
  const output = await open(path, 'a');
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', output.fd, output.fd],
  });
  await output.close();
  const stop = async () => await end(child);
  try {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${await readFile(path, 'utf8')}`);
      if (await answers(readyUrl, signal)) return { stop };
      await sleep(100, undefined, { signal });
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, { signal }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.status === 200 || response?.status === 401;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(limit);
}
