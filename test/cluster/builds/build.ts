import { join } from 'node:path';
import { execa } from 'execa';
import { messageOf } from '../../../content/error.ts';
import { clusterError } from '../errors.ts';
import { seconds } from '../processes/progress.ts';
import { moduleFolder } from './module-folder.ts';
import type { Program, ProgramName } from './program.ts';

export interface BuildOptions {
  readonly table: Readonly<Record<ProgramName, Program>>;
  /** Where the programs are put, by their names. */
  readonly folder: string;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const REPORT_MILLISECONDS = 2_000;
const KEPT_LINES = 40;

/** Builds programs of one module with the system's Go, as its go.mod and go.sum pin them. Throws PROGRAM_BUILD_FAILED. */
export async function buildPrograms(
  names: readonly [ProgramName, ...ProgramName[]],
  options: BuildOptions,
): Promise<void> {
  const said = new BuildOutput(names, options.onProgress);
  try {
    // One after the other: packages of one name, as Cluster API has them, can't be built into one folder at once.
    for (const name of names) await buildProgram(name, options, said);
  } catch (error) {
    options.signal?.throwIfAborted();
    const detail = [...said.tail, messageOf(error).split('\n')[0]].join('\n');
    throw clusterError('PROGRAM_BUILD_FAILED', { subject: names.join(', '), detail });
  } finally {
    said.end();
  }
}

async function buildProgram(name: ProgramName, options: BuildOptions, said: BuildOutput): Promise<void> {
  const program = options.table[name];
  const output = ['-v', '-ldflags', program.ldflags, '-o', join(options.folder, name)];
  const build = execa('go', ['build', ...output, program.package], {
    cwd: moduleFolder(program.module),
    env: { CGO_ENABLED: '0', GOFLAGS: '-trimpath -buildvcs=false -mod=readonly', GOWORK: 'off' },
    stdin: 'ignore',
    stdout: 'ignore',
    buffer: false,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  for await (const line of build.iterable({ from: 'stderr' })) said.add(line);
  await build;
}

/** Counts the packages that `go build -v` names and keeps the end of what else it says. */
class BuildOutput {
  readonly tail: string[] = [];
  readonly #timer: NodeJS.Timeout;
  #compiled = 0;
  #fetched = 0;

  constructor(names: readonly string[], onProgress: (line: string) => void) {
    const began = Date.now();
    const title = names.length === 1 ? names[0] : `${names[0]} and ${names.length - 1} more`;
    const report = () => {
      const parts = [`${this.#compiled} packages compiled`, seconds(Date.now() - began)];
      if (this.#fetched > 0) parts.unshift(`${this.#fetched} modules fetched`);
      onProgress(`building ${title}: ${parts.join(', ')}`);
    };
    report();
    this.#timer = setInterval(report, REPORT_MILLISECONDS);
  }

  add(line: string): void {
    if (line.startsWith('go: downloading ')) this.#fetched += 1;
    else if (/^[\w./~-]+$/.test(line)) this.#compiled += 1;
    else this.tail.push(line);
    if (this.tail.length > KEPT_LINES) this.tail.shift();
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
