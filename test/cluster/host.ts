import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { clusterError } from './errors.ts';
import { command } from './processes/command.ts';
import { exclusively } from './processes/mutex.ts';
import type { Progress } from './processes/progress.ts';

interface Requirement {
  /** The file that shows that the package is there: a command's name, or an absolute path. */
  readonly file: string;
  /** The Debian package that brings it. */
  readonly package: string;
  readonly why: string;
}

/** Everything that is apt-installed, here and nowhere else. */
export const hostRequirements = {
  cluster: [
    { file: 'ip', package: 'iproute2', why: 'makes the networks of a cluster' },
    { file: 'nsenter', package: 'util-linux', why: 'runs programs in those networks' },
    { file: 'iptables', package: 'iptables', why: 'carries Services, and counts what tries to leave' },
    { file: 'runc', package: 'runc', why: 'runs containers' },
    { file: 'curl', package: 'curl', why: 'asks servers on the island' },
    { file: '/usr/lib/cni/bridge', package: 'containernetworking-plugins', why: 'connects pods' },
  ],
  /** For kube-proxy in nftables mode. */
  nftables: [{ file: 'nft', package: 'nftables', why: 'carries Services in kube-proxy’s nftables mode' }],
  /** For programs that have no official release within reach. */
  build: [{ file: 'go', package: 'golang-go', why: 'builds programs from their Go modules' }],
  /** For machines of racks that boot by what their BMCs were given. */
  baremetal: [
    { file: 'genisoimage', package: 'genisoimage', why: 'makes config drives, as Ironic does' },
    { file: 'isoinfo', package: 'genisoimage', why: 'reads them' },
    { file: 'python3', package: 'python3', why: 'runs Ironic and the emulator of BMCs' },
  ],
  /** For tests of the console. */
  browser: [{ file: 'chromium', package: 'chromium', why: 'shows the console as its users see it' }],
  /** For tests that read bundles and registries with other people's tools. */
  tools: [{ file: 'skopeo', package: 'skopeo', why: 'reads and copies images' }],
} as const satisfies Record<string, readonly Requirement[]>;

export type RequirementGroup = keyof typeof hostRequirements;

export interface EnsureHostOptions {
  /** Installs what is missing, where that is possible. */
  readonly install: boolean;
  readonly groups?: readonly RequirementGroup[] | undefined;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

const APT_MILLISECONDS = 600_000;

/**
 * Checks that this machine can run what is asked for, and installs the Debian packages that are missing.
 * Throws HOST_UNFIT where a cluster can't run at all, HOST_PACKAGES_MISSING where packages can't be installed.
 */
export async function ensureHost(options: EnsureHostOptions): Promise<void> {
  const groups = options.groups ?? ['cluster', 'build'];
  const needsRoot = groups.includes('cluster');
  if (process.platform !== 'linux') throw clusterError('HOST_UNFIT', { subject: process.platform });
  const missing = await missingRequirements(groups);
  if (needsRoot && process.getuid?.() !== 0) throw notRoot(missing);
  if (missing.length === 0) return;
  if (!options.install || process.getuid?.() !== 0) throw packagesMissing(missing);
  // One apt-get at a time; what another process has installed meanwhile is no longer missing.
  await exclusively('skerry host packages', { signal: options.signal }, async () => {
    const still = await missingRequirements(groups);
    if (still.length > 0) await install(still, options);
  });
  const left = await missingRequirements(groups);
  if (left.length > 0) throw packagesMissing(left);
}

async function missingRequirements(groups: readonly RequirementGroup[]): Promise<Requirement[]> {
  const missing: Requirement[] = [];
  for (const requirement of groups.flatMap((group): readonly Requirement[] => hostRequirements[group])) {
    if ((await findExecutable(requirement.file)) === undefined) missing.push(requirement);
  }
  return missing;
}

/** The path of a command; looked for also where Debian keeps the administrator's commands. */
export async function findExecutable(file: string): Promise<string | undefined> {
  for (const folder of file.startsWith('/') ? [''] : executablePath().split(delimiter)) {
    const path = file.startsWith('/') ? file : join(folder, file);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

export function executablePath(): string {
  return [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].join(
    delimiter,
  );
}

async function install(missing: readonly Requirement[], { onProgress, signal }: EnsureHostOptions) {
  const packages = [...new Set(missing.map((requirement) => requirement.package))];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const limits = { env, signal, timeout: APT_MILLISECONDS };
  onProgress?.(`installing Debian packages: ${packages.join(' ')}`);
  try {
    if (!(await hasPackageLists())) await command('apt-get', ['update'], limits);
    const args = ['install', '--yes', '--no-install-recommends', ...packages];
    await command('apt-get', args, limits).catch(async () => {
      // Old lists name versions that the mirror no longer has.
      await command('apt-get', ['update'], limits);
      return command('apt-get', args, limits);
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw packagesMissing(missing, cause);
  }
}

async function hasPackageLists(): Promise<boolean> {
  const files = await readdir('/var/lib/apt/lists').catch(() => []);
  return files.some((file) => file.includes('_Packages'));
}

function packagesMissing(missing: readonly Requirement[], cause?: unknown) {
  const packages = [...new Set(missing.map((requirement) => requirement.package))].join(' ');
  return clusterError('HOST_PACKAGES_MISSING', {
    subject: packages,
    detail: missing.map(({ file, why }) => `${file} ${why}`).join('; '),
    remedy: `Run as root: apt-get update && apt-get install ${packages}. ${STILL_RUNS}`,
    cause,
  });
}

const STILL_RUNS =
  'Without a cluster the unit tests, skerry bundle create, skerry bundle verify and skerry registry serve still run, and so does an installation into a cluster of your own (KUBECONFIG).';

function notRoot(missing: readonly Requirement[]) {
  const packages = [...new Set(missing.map((requirement) => requirement.package))];
  return clusterError('HOST_UNFIT', {
    subject: `user ${process.getuid?.() ?? 'unknown'} is not root`,
    detail: packages.length === 0 ? undefined : `missing as well: ${packages.join(' ')}`,
    remedy: `A cluster needs root for its network namespaces and containers: run the same command as root. ${STILL_RUNS}`,
  });
}
