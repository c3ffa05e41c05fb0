import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { clusterError } from '../errors.ts';
import { executablePath } from '../host.ts';
import { identify, type ProcessIdentity } from './process.ts';

export interface Daemon extends ProcessIdentity {
  hasEnded(): boolean;
}

export interface DaemonOptions {
  /** The file that standard output and error are added to. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The search path, when it is not the machine's own. */
  readonly path?: string | undefined;
}

/** Starts a program that outlives this process, and tells which process it is. */
export async function spawnRecorded(
  file: string,
  args: readonly string[],
  { log, env, path }: DaemonOptions,
): Promise<Daemon> {
  const output = await open(log, 'a');
  const child = spawn(file, args, {
    detached: true,
    cwd: '/',
    stdio: ['ignore', output.fd, output.fd],
    // Nothing of the caller's environment: no proxy settings, no credentials, no KUBECONFIG.
    env: { PATH: path ?? executablePath(), HOME: homedir(), LANG: 'C.UTF-8', ...env },
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  child.unref();
  await output.close();
  const identity = child.pid === undefined ? undefined : await identify(child.pid);
  if (identity === undefined) throw clusterError('CLUSTER_START_FAILED', { subject: log, detail: file });
  return { ...identity, hasEnded: () => ended };
}
