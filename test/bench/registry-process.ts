import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { benchError } from './errors.ts';
import { peakMemory, processSeconds, resetPeakMemory } from './process-tree.ts';

/** A registry server in a process of its own. */
export interface RegistryProcess {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** Peak of its memory so far, in bytes. */
  peakBytes(): number;
  /** Makes what it has in memory now the peak, so that the next work can be told from what came before. */
  resetPeak(): void;
  /** Processor time so far. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Starts a registry over the store in `folder` on this machine alone. */
export type StartRegistry = (folder: string, signal: AbortSignal) => Promise<RegistryProcess>;

const START_MS = 20_000;
const STOP_MS = 5_000;

/** Skerry's own, over a layout. */
export function skerryRegistry(program: string): StartRegistry {
  return async (folder, signal) => {
    const address = `127.0.0.1:${await freePort()}`;
    const args = ['registry', 'serve', '--store', folder, '--listen', address, '--quiet'];
    return await start(program, args, address, signal);
  };
}

/** Distribution, the reference implementation, over its own kind of folder. */
export function distributionRegistry(program: string): StartRegistry {
  return async (folder, signal) => {
    const address = `127.0.0.1:${await freePort()}`;
    await mkdir(folder, { recursive: true });
    const config = join(folder, 'config.yml');
    const settings = {
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
      http: { addr: address },
    };
    await writeFile(config, stringify(settings));
    return await start(program, ['serve', config], address, signal);
  };
}

async function start(
  program: string,
  args: readonly string[],
  address: string,
  signal: AbortSignal,
): Promise<RegistryProcess> {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Ended also when this process ends without having stopped it.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4096);
  });
  child.once('error', (error) => {
    said += error.message;
  });
  const stop = async () => {
    await end(child);
    process.off('exit', kill);
  };
  const pid = child.pid ?? 0;
  if (await answers(address, child, signal))
    return {
      address,
      stop,
      peakBytes: () => peakMemory(pid),
      resetPeak: () => resetPeakMemory(pid),
      cpuSeconds: () => processSeconds(pid),
    };
  await stop();
  signal.throwIfAborted();
  throw benchError('BENCH_SERVER_FAILED', { subject: [program, ...args].join(' '), detail: said });
}

async function answers(address: string, child: ChildProcess, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && child.exitCode === null && !signal.aborted) {
    const response = await fetch(`http://${address}/v2/`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return true;
    await sleep(20);
  }
  return false;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(force);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
