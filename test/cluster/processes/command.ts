import { execa } from 'execa';
import { clusterError } from '../errors.ts';

export interface CommandOptions {
  readonly input?: string | undefined;
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, 60,000 unless told. */
  readonly timeout?: number | undefined;
}

/** Runs a short command and gives its standard output. Throws COMMAND_FAILED with what it said. */
export async function command(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { signal, input, cwd, env, timeout = 60_000 } = options;
  const result = await execa(file, args, {
    reject: false,
    timeout,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (!result.failed) return result.stdout;
  signal?.throwIfAborted();
  throw clusterError('COMMAND_FAILED', {
    subject: [file, ...args].join(' ').slice(0, 500),
    detail: (result.stderr || result.stdout || result.message || '').slice(-2000),
  });
}
