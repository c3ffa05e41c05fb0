import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** A `skerry registry serve` of its own, on a free port of this machine. */
export interface RegistryProcess extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
}

const Serving = z.object({ message: z.literal('serving'), port: z.number() });

/** Starts a registry; `args` say what it serves and to whom. It ends with the scope that holds it. */
export async function serveRegistryOf(program: string, args: readonly string[]): Promise<RegistryProcess> {
  const child = spawn(program, ['registry', 'serve', ...args, '--listen', '127.0.0.1:0', '--quiet'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, 'line'), ended.then(() => undefined)]);
  if (first === undefined) throw new Error(`the registry did not start: ${said}`);
  return {
    host: `127.0.0.1:${Serving.parse(JSON.parse(String(first[0]))).port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
