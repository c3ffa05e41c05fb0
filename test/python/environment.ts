import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { command } from '../cluster/processes/command.ts';
import { exclusively } from '../cluster/processes/mutex.ts';
import type { Progress } from '../cluster/processes/progress.ts';

export interface PythonOptions {
  /** Lowercase letters and digits: the folder is named after it. */
  readonly name: string;
  /** A file for `pip install -r`, in which every package is pinned. */
  readonly requirements: string;
  /** The cache folder; see `programCache`. */
  readonly cache: string;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PIP_MILLISECONDS = 600_000;

/**
 * Gives the folder of a Python environment that has these packages, and makes it when it is not there: once per machine,
 * outside of any checkout. Needs `python3` with its venv module. Throws COMMAND_FAILED with what pip said.
 */
export async function ensurePython(options: PythonOptions): Promise<string> {
  const { name, requirements, cache, onProgress, signal } = options;
  const python = await command('python3', ['--version'], { signal });
  const digest = createHash('sha256')
    .update(python)
    .update(await readFile(requirements));
  const folder = join(cache, 'python', `${name}-${digest.digest('hex').slice(0, 12)}`);
  // Written last. An environment can't be moved once it is made, so there is no renaming into place.
  const mark = join(folder, 'complete');
  await exclusively(`${cache}\npython ${name}`, { signal }, async () => {
    if ((await stat(mark).catch(() => undefined)) !== undefined) return;
    onProgress?.(`making the Python environment ${name}`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(dirname(folder), { recursive: true });
    await command('python3', ['-m', 'venv', folder], { signal, timeout: PIP_MILLISECONDS });
    const pip = ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', requirements];
    await command(join(folder, 'bin/pip'), pip, { signal, timeout: PIP_MILLISECONDS });
    await writeFile(mark, '');
  });
  return folder;
}
