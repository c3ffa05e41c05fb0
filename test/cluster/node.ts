import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterError } from './errors.ts';
import { executablePath } from './host.ts';
import { enterNetwork } from './network/network.ts';
import { spawnRecorded } from './processes/daemon.ts';
import { isAlive, type ProcessIdentity, parseStat } from './processes/process.ts';

/** Where the node sees the cluster's run folder, and the programs. */
export const NODE_HOME = '/run/node';
export const NODE_BIN = '/run/bin';

/** Where programs look for programs on the node. */
export function nodeSearchPath(): string {
  return `${NODE_BIN}:${executablePath()}`;
}

const READY_MILLISECONDS = 10_000;

/**
 * The node is a tree of processes with a pid namespace and a mount namespace of its own. When its first
 * process ends, the kernel ends all others and drops their mounts, whatever state they were in, and
 * nothing that kubelet or containerd mounts is ever seen by the machine. Inside, /run and /var are the
 * node's own, so everything may stand where it stands on any node.
 *
 * The first line runs while /proc is still the machine's: it records the process by the machine's count.
 */
const BOOT = `
read -r line < /proc/self/stat
echo "$line" > "$FOLDER/init.stat"
mount -t proc proc /proc
mount --make-rshared /
resolver=$(readlink -m /etc/resolv.conf)
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p ${NODE_HOME} ${NODE_BIN} /run/lock /run/netns
mount --bind "$FOLDER" ${NODE_HOME}
for program in "$@"; do
  : > "${NODE_BIN}/\${program##*/}"
  mount --bind "$program" "${NODE_BIN}/\${program##*/}"
done
case $resolver in /run/*) mkdir -p "\${resolver%/*}"; : > "$resolver";; esac
[ ! -e "$resolver" ] || mount --bind ${NODE_HOME}/config/resolv.conf "$resolver"
mount --bind ${NODE_HOME}/var /var
: > ${NODE_HOME}/init.ready
exec ${NODE_BIN}/pause
`;

/** Starts the node's first process in its network; `folder` is the cluster's run folder. */
export async function startNode(
  folder: string,
  network: string,
  programPaths: readonly string[],
): Promise<ProcessIdentity> {
  await rm(join(folder, 'init.stat'), { force: true });
  await rm(join(folder, 'init.ready'), { force: true });
  const [file, args] = enterNetwork(network);
  const unshare = ['unshare', '--fork', '--pid', '--mount', '--propagation', 'private', '--'];
  const log = join(folder, 'log', 'node.log');
  const shell = ['sh', '-ec', BOOT, 'node', ...programPaths];
  const daemon = await spawnRecorded(file, [...args, ...unshare, ...shell], { log, env: { FOLDER: folder } });
  const deadline = Date.now() + READY_MILLISECONDS;
  while (Date.now() < deadline && !daemon.hasEnded()) {
    const ready = await stat(join(folder, 'init.ready')).catch(() => undefined);
    const identity = ready === undefined ? undefined : await nodeProcess(folder);
    if (identity !== undefined) return identity;
    await sleep(10);
  }
  const detail = (await readFile(log, 'utf8')).slice(-2000);
  throw clusterError('CLUSTER_START_FAILED', { subject: log, detail });
}

/** The node's first process, if it is running. */
export async function nodeProcess(folder: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(join(folder, 'init.stat'), 'utf8').catch(() => '');
  const identity = parseStat(text);
  return identity !== undefined && (await isAlive(identity)) ? identity : undefined;
}

/** Arguments that start a program on the node. */
export function enterNode({ pid }: ProcessIdentity): [string, string[]] {
  return ['nsenter', ['--target', String(pid), '--pid', '--mount', '--net', '--']];
}
