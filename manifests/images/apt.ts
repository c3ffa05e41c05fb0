import { ExecaError, execa } from 'execa';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { type DebianPackage, parsePackages } from './debian-package.ts';
import { imageError } from './errors.ts';

/** apt and dpkg as far as images need them. A test may stand in for it. */
export interface Apt {
  /** The candidate versions of these packages and of all that they depend on; names that no list has are absent. */
  show(names: readonly string[]): Promise<DebianPackage[]>;
  /** Refreshes the package lists; false where that takes a right that this user does not have. */
  update(): Promise<boolean>;
  /** Fetches the .deb files into a folder. */
  download(packages: readonly DebianPackage[], folder: string): Promise<void>;
  /** Unpacks a .deb file's tree into a new folder and returns its control file. */
  unpack(deb: string, folder: string): Promise<string>;
}

/** The apt of this machine. Its calls throw IMAGE_TOOL_MISSING, IMAGE_PACKAGE_UNAVAILABLE. */
export function systemApt(options: { isRoot: boolean; signal?: AbortSignal | undefined }): Apt {
  const run = async (program: string, args: readonly string[], cwd?: string) =>
    await runTool(program, args, { cwd, signal: options.signal });
  // apt drops to its own user for downloads; that user can't write into a folder of root's.
  const sandbox = options.isRoot ? ['-o', 'APT::Sandbox::User=root'] : [];
  return {
    async show(names) {
      const closure = await dependencies(names, run);
      if (closure.length === 0) return [];
      return parsePackages(await run('apt-cache', ['show', '--no-all-versions', '--', ...closure]));
    },
    async update() {
      if (options.isRoot) await run('apt-get', ['update', '--quiet']);
      return options.isRoot;
    },
    async download(packages, folder) {
      const exact = packages.map(({ name, version }) => `${name}=${version}`);
      await run('apt-get', ['download', '--quiet', ...sandbox, ...exact], folder);
    },
    async unpack(deb, folder) {
      await run('dpkg-deb', ['--extract', deb, folder]);
      return await run('dpkg-deb', ['--field', deb]);
    },
  };
}

type Run = (program: string, args: readonly string[]) => Promise<string>;

const ONLY_NEEDED = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];

// One call, since each takes more than half a second. Lines that are indented or in <…> name no real package.
async function dependencies(names: readonly string[], run: Run): Promise<string[]> {
  const without = ONLY_NEEDED.map((relation) => `--no-${relation}`);
  const args = ['depends', '--recurse', ...without, '--', ...names];
  const text = await run('apt-cache', args).catch((error) => {
    // What it says when no list has any of the names.
    if (isSkerryError(error) && error.detail?.includes('No packages found')) return '';
    throw error;
  });
  return text.split('\n').filter((line) => /^[a-z0-9][a-z0-9+.-]+$/.test(line));
}

const TIMEOUT_MS = 10 * 60 * 1000;

async function runTool(
  program: string,
  args: readonly string[],
  { cwd, signal }: { cwd?: string | undefined; signal?: AbortSignal | undefined },
): Promise<string> {
  try {
    const { stdout } = await execa(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { cancelSignal: signal }),
      env: { LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
      timeout: TIMEOUT_MS,
      stripFinalNewline: false,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (cause) {
    signal?.throwIfAborted();
    throw explain(program, args, cause);
  }
}

function explain(program: string, args: readonly string[], cause: unknown) {
  if (cause instanceof ExecaError && cause.code === 'ENOENT') {
    return imageError('IMAGE_TOOL_MISSING', { subject: program, cause });
  }
  const detail =
    cause instanceof ExecaError
      ? String(cause.stderr ?? '')
          .trim()
          .slice(-500)
      : messageOf(cause);
  return imageError('IMAGE_PACKAGE_UNAVAILABLE', { subject: `${program} ${args[0]}`, detail, cause });
}
