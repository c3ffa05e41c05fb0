import { join } from 'node:path';
import { execa } from 'execa';
import { enterNetwork } from './network.ts';

export interface ExecOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly input?: string | undefined;
  /** Sends SIGTERM. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; none unless told. */
  readonly timeout?: number | undefined;
}

/** A machine beside the cluster, with an address of its own and no way out. */
export interface Workstation {
  readonly name: string;
  readonly network: string;
  readonly address: string;
  /**
   * Runs a program there. The result is execa's: `exitCode`, `stdout`, `stderr`, `all`, and while it runs `pid`
   * (the program's own) and `kill`. A program that fails is no exception; look at `exitCode` or `failed`.
   */
  exec(command: string, args?: readonly string[], options?: ExecOptions): Execution;
  /** Takes the network cable out, or puts it back. */
  setCable(plugged: boolean): Promise<void>;
}

export type Execution = ReturnType<typeof execOnNetwork>;

/** Its mount namespace differs from the machine's by the resolver alone. Every step execs, so the pid stays the same. */
const ENTER = 'mount --bind "$1" "$(readlink -m /etc/resolv.conf)"; shift; exec "$@"';

export function execOnNetwork(
  network: string,
  folder: string,
  command: string,
  args: readonly string[],
  { cwd, env, input, signal, timeout }: ExecOptions,
) {
  const [file, enter] = enterNetwork(network);
  const unshare = ['unshare', '--mount', '--propagation', 'private', '--'];
  const shell = ['sh', '-c', ENTER, 'workstation', join(folder, 'config/resolv.conf')];
  return execa(file, [...enter, ...unshare, ...shell, command, ...args], {
    reject: false,
    all: true,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    ...(timeout === undefined ? {} : { timeout }),
  });
}
