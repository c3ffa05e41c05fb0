import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { PROJECT } from '../../install/product.ts';

/** A `skerry registry serve --store` that is ended without a word. */
export interface KilledRegistry {
  readonly port: number;
  /** Milliseconds from the start of the process until it served. */
  readonly startedIn: number;
  /** What it said of its store while it opened that. */
  readonly said: readonly string[];
  /** SIGKILL; resolves when the process is gone. Throws when it was gone before. */
  kill(): Promise<void>;
}

const Serving = z.object({ message: z.literal('serving'), port: z.number() });
const Event = z.object({ event: z.string() });

export async function startKilledRegistry(store: string): Promise<KilledRegistry> {
  const began = performance.now();
  const args = ['registry', 'serve', '--store', store, '--listen', '127.0.0.1:0', '--quiet'];
  const child = spawn(process.execPath, [join(PROJECT, 'skerry.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-5000);
  });
  const said: string[] = [];
  const ended = once(child, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const record: unknown = JSON.parse(line);
      const event = Event.safeParse(record);
      if (event.success) said.push(event.data.event);
      const serving = Serving.safeParse(record);
      if (serving.success) resolve(serving.data.port);
    });
    const fail = () => reject(new Error(`the registry did not open its store by itself: ${errors}`));
    ended.then(fail, fail);
  });
  return {
    port,
    startedIn: performance.now() - began,
    said,
    kill: async () => {
      if (isOver(child)) throw new Error(`the registry ended before it was killed: ${errors}`);
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
