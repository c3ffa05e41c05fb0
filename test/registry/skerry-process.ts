import { execa } from 'execa';
import { z } from 'zod';

export interface RunOptions {
  readonly cwd?: string | undefined;
  /** Besides PATH; nothing else of the caller's environment reaches the program. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly input?: string | undefined;
}

export interface Ended {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command with `--output json` says when it fails. */
export interface Failure {
  readonly code: string;
  readonly subject: string;
  readonly detail?: string | undefined;
  readonly remedy: string;
}

const MILLISECONDS = 120_000;
const FailureJson = z.object({
  error: z.object({
    code: z.string(),
    subject: z.string(),
    detail: z.string().optional(),
    remedy: z.string(),
  }),
});

export interface Running {
  readonly pid: number | undefined;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** Starts a program as a user would; one that does not end by itself is killed. */
export function start(program: string, args: readonly string[], options: RunOptions = {}): Running {
  const { cwd, env, input } = options;
  const child = execa(program, args, {
    reject: false,
    timeout: MILLISECONDS,
    killSignal: 'SIGKILL',
    extendEnv: false,
    env: { PATH: process.env.PATH ?? '', ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  const ended = child.then(({ exitCode, signal, stdout, stderr }) => ({ exitCode, signal, stdout, stderr }));
  return { pid: child.pid, kill: (signal) => void child.kill(signal), ended };
}

/** Runs a program to its end; a bad exit code is no exception. */
export async function run(program: string, args: readonly string[], options?: RunOptions): Promise<Ended> {
  return await start(program, args, options).ended;
}

/** Runs a program that must end well; returns its standard output. */
export async function must(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await run(program, args, options);
  if (exitCode === 0) return stdout;
  throw new Error(`exit code ${exitCode}: ${[program, ...args].join(' ')}\n${stderr}\n${stdout}`);
}

/** The error that a command with `--output json` reported on its last line. */
export function failureOf({ stderr }: Pick<Ended, 'stderr'>): Failure {
  return FailureJson.parse(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).error;
}
