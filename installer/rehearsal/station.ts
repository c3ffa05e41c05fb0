import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSea } from 'node:sea';
import { z } from 'zod';
import { tryJson } from '../../content/json.ts';

/** How this very program is started again. */
export interface OwnProgram {
  readonly file: string;
  readonly args: readonly string[];
}

export function ownProgram(): OwnProgram {
  if (isSea()) return { file: process.execPath, args: [] };
  return { file: process.execPath, args: [...process.execArgv, process.argv[1] ?? ''] };
}

/** How a run of the program ended. */
export interface RunOutcome {
  /** Undefined where it was killed. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Codes of the errors that it told, the deciding one last. */
  readonly codes: readonly string[];
  readonly seconds: number;
}

export interface StationRun {
  readonly done: Promise<RunOutcome>;
  /** To this process alone, as `kill` does; what it started goes on as it would after a crash. */
  kill(signal: NodeJS.Signals): void;
}

export interface StationOptions {
  /** Its home folder and scratch space are below this one. */
  readonly folder: string;
  readonly name: string;
  readonly program: OwnProgram;
  readonly env: NodeJS.ProcessEnv;
}

const ErrorLine = z.object({ error: z.object({ code: z.string() }) });
/** What a run prints is kept for messages; more than this of it is not. */
const MAX_OUTPUT = 4 * 1024 * 1024;

/**
 * A workstation of a rehearsal: the program is run there as an operator would, with a home folder of its own, so that
 * whatever one run knows and the next must not need is not there.
 */
export class Station {
  readonly name: string;
  readonly #options: StationOptions;
  readonly #running = new Set<ChildProcess>();
  readonly #atExit = () => this.#endAll('SIGKILL');

  private constructor(options: StationOptions) {
    this.name = options.name;
    this.#options = options;
    // A rehearsal that is ended in the hard way must not leave installers behind that go on.
    process.on('exit', this.#atExit);
  }

  static async open(options: StationOptions): Promise<Station> {
    const home = join(options.folder, options.name);
    await mkdir(join(home, 'tmp'), { recursive: true, mode: 0o700 });
    return new Station(options);
  }

  /** Starts the program; JSON is asked for. An aborted signal stops it as Ctrl-C does. */
  start(args: readonly string[], signal: AbortSignal, extra: NodeJS.ProcessEnv = {}): StationRun {
    signal.throwIfAborted();
    const { program } = this.#options;
    const started = performance.now();
    // In a process group of its own: Ctrl-C at the terminal is for the rehearsal, which passes it on.
    const child = spawn(program.file, [...program.args, ...args, '--output', 'json'], {
      detached: true,
      env: { ...this.#environment(), ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    const stop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    const done = outcomeOf(child, started).finally(() => {
      this.#running.delete(child);
      signal.removeEventListener('abort', stop);
    });
    return { done, kill: (name) => void child.kill(name) };
  }

  /** Runs it to its end. */
  async run(args: readonly string[], signal: AbortSignal, extra?: NodeJS.ProcessEnv): Promise<RunOutcome> {
    const outcome = await this.start(args, signal, extra).done;
    signal.throwIfAborted();
    return outcome;
  }

  close(): void {
    process.off('exit', this.#atExit);
    this.#endAll('SIGKILL');
  }

  // Which cluster it is about is said by options alone.
  #environment(): NodeJS.ProcessEnv {
    const { folder, name, env } = this.#options;
    const home = join(folder, name);
    const { KUBECONFIG: _, XDG_CONFIG_HOME: __, SKERRY_KEY: ___, ...rest } = env;
    return { ...rest, HOME: home, TMPDIR: join(home, 'tmp'), CI: 'true', NO_COLOR: '1' };
  }

  #endAll(name: NodeJS.Signals): void {
    for (const child of this.#running) child.kill(name);
  }
}

async function outcomeOf(child: ChildProcess, started: number): Promise<RunOutcome> {
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    let text = '';
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-MAX_OUTPUT);
    });
    return () => text;
  });
  // A helm that outlives its installer holds on to the pipes: it is the process that counts.
  const [code]: unknown[] = await once(child, 'exit');
  await new Promise((resolve) => setImmediate(resolve));
  const said = stderr?.() ?? '';
  return {
    exitCode: typeof code === 'number' ? code : undefined,
    stdout: stdout?.() ?? '',
    stderr: said,
    codes: said.split('\n').flatMap((line) => {
      const parsed = ErrorLine.safeParse(tryJson(line));
      return parsed.success ? [parsed.data.error.code] : [];
    }),
    seconds: (performance.now() - started) / 1000,
  };
}

/** The end of what a failed run said, for a message. */
export function lastWords({ stderr, stdout, exitCode }: RunOutcome): string {
  const said = (stderr.trim() || stdout.trim()).slice(-600);
  return `exit code ${exitCode ?? 'none, it was killed'}: ${said}`;
}
