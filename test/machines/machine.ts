import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { removeCgroups } from '../cluster/cleanup.ts';
import { clusterError } from '../cluster/errors.ts';
import { enterNetwork, networkPath } from '../cluster/network/network.ts';
import { nodeProcess } from '../cluster/node.ts';
import { createCgroup } from '../cluster/processes/cgroup.ts';
import { command } from '../cluster/processes/command.ts';
import { spawnRecorded } from '../cluster/processes/daemon.ts';
import { raiseInotifyLimit } from '../cluster/processes/inotify.ts';
import { exclusively } from '../cluster/processes/mutex.ts';
import { end, processesInNetwork } from '../cluster/processes/process.ts';
import { addressesOf, createMachineNetwork, deleteMachineNetwork } from './machine-network.ts';
import { type MachineSeed, seedVariables, writeSeed } from './seed.ts';
import type { MachineSite } from './site.ts';
import { kubeletDropIn, TEMPLATE_HOME } from './template-content.ts';

export interface MachineInput {
  /** Its key; letters, digits, dashes. A machine with the same id is the same machine. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly seed: MachineSeed;
  /** By its name at the site. */
  readonly template?: string | undefined;
  /** Of its card; any when absent. */
  readonly mac?: string | undefined;
}

const schema = z.object({
  id: z.string(),
  name: z.string(),
  /** What a DHCP server would give it; its own network configuration may say otherwise. */
  address: z.string(),
  network: z.string(),
  mac: z.string().optional(),
  template: z.string().optional(),
  cgroup: z.string(),
  variables: z.record(z.string(), z.string()),
});
type MachineRecord = z.infer<typeof schema>;

export interface MachineView {
  readonly id: string;
  readonly name: string;
  readonly isOn: boolean;
  /** What it was made from, where that has a name. */
  readonly template: string | undefined;
  /** Of its card, where it was given one. */
  readonly mac: string | undefined;
  /** The addresses of its card. */
  readonly addresses: readonly string[];
  readonly network: string;
  /** The file that its console is written to. */
  readonly console: string;
}

/** Makes a machine without switching it on: its disk, its address, what it is seeded with. Again changes nothing. */
export async function createMachine(site: MachineSite, input: MachineInput): Promise<void> {
  const { id, name, seed, mac, template } = input;
  const folder = folderOf(site, id);
  await exclusively(`${site.folder}\nmachines`, {}, async () => {
    if (await readRecord(site, id)) return;
    const key = createHash('sha256').update(id).digest('hex').slice(0, 8);
    await mkdir(join(folder, 'host/preload'), { recursive: true });
    await writeSeed(seed, join(folder, 'host'));
    const cgroup = `${site.cgroup}/m-${key}`;
    await writeFile(join(folder, 'host/kubelet.conf'), stringify(kubeletDropIn(cgroup)));
    for (const archive of site.preload) {
      const target = join(folder, 'host/preload', basename(archive));
      await link(archive, target).catch(() => copyFile(archive, target));
    }
    const address = await freeAddress(site);
    const record = { id, name, address, mac, template, network: `${site.network}.m-${key}`, cgroup };
    const variables = seedVariables(seed);
    await writeFile(join(folder, 'machine.json'), JSON.stringify({ ...record, variables }));
  });
}

/** Switches a machine on. One that is on stays as it is. Throws CLUSTER_START_FAILED with its console. */
export async function startMachine(site: MachineSite, id: string): Promise<void> {
  await exclusively(`${site.folder}\nmachine ${id}`, {}, async () => {
    const record = await requireRecord(site, id);
    const folder = folderOf(site, id);
    if (await nodeProcess(folder)) return;
    await raiseInotifyLimit();
    await deleteMachineNetwork(site, record.network, cableOf(record));
    await createMachineNetwork(site, record.network, { cable: cableOf(record), mac: record.mac });
    await createCgroup(record.cgroup);
    await boot(site, record, folder);
  });
}

/** Makes a machine and switches it on. */
export async function bootMachine(site: MachineSite, input: MachineInput): Promise<MachineView> {
  await createMachine(site, input);
  await startMachine(site, input.id);
  return viewMachine(site, input.id);
}

/** Takes the power away; the disk stays. */
export async function stopMachine(site: MachineSite, id: string): Promise<void> {
  await exclusively(`${site.folder}\nmachine ${id}`, {}, () => switchOff(site, id));
}

/** Switches a machine off and removes all of it. One that is gone is no error. */
export async function removeMachine(site: MachineSite, id: string): Promise<void> {
  await exclusively(`${site.folder}\nmachine ${id}`, {}, async () => {
    const record = await readRecord(site, id);
    if (record === undefined) return;
    await switchOff(site, id);
    await removeCgroups(record.cgroup);
    await rm(folderOf(site, id), { recursive: true, force: true });
  });
}

/** How a machine is now. Throws CLUSTER_UNKNOWN. */
export async function viewMachine(site: MachineSite, id: string): Promise<MachineView> {
  return await viewOf(site, await requireRecord(site, id));
}

async function viewOf(site: MachineSite, record: MachineRecord): Promise<MachineView> {
  const { id, name, network, template, mac } = record;
  const isOn = (await nodeProcess(folderOf(site, id))) !== undefined;
  const addresses = isOn ? await addressesOf(network) : [];
  const console = join(folderOf(site, id), 'console.log');
  return { id, name, isOn, addresses, network, template, mac, console };
}

export async function listMachines(site: MachineSite): Promise<MachineView[]> {
  const records = await readRecords(site);
  return Promise.all(records.map((record) => viewOf(site, record)));
}

/** Runs a program inside a machine that is on; gives its output. Throws CLUSTER_UNKNOWN, COMMAND_FAILED. */
export async function execInMachine(
  site: MachineSite,
  id: string,
  file: string,
  args: readonly string[] = [],
): Promise<string> {
  const first = await nodeProcess(folderOf(site, id));
  if (first === undefined) throw clusterError('CLUSTER_UNKNOWN', { subject: id });
  const enter = ['--target', String(first.pid), '--pid', '--mount', '--net', '--uts', '--ipc', '--'];
  return command('nsenter', [...enter, file, ...args], { env: { PATH: MACHINE_PATH }, timeout: 120_000 });
}

const MACHINE_PATH = `${TEMPLATE_HOME}/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
const READY_MILLISECONDS = 20_000;
const FIRST_ADDRESS = 100;
const LAST_ADDRESS = 199;

/**
 * The files of the machine that runs the test, laid under a disk of its own; the template's over them. Only the first
 * process's own mount namespace sees any of it, so with that process all of it is gone. The first line runs while /proc
 * is still the outer one: it records the process by the outer count.
 */
const BOOT = `
read -r line < /proc/self/stat
echo "$line" > "$FOLDER/init.stat"
cd "$FOLDER"
mkdir -p upper work root template var/lib var/log var/tmp var/cache
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mount -o loop,ro "$TEMPLATE" template
mount -t proc proc root/proc
mount --rbind /sys root/sys
mount --rbind /dev root/dev
mount -t tmpfs -o mode=755 tmpfs root/run
mount -t tmpfs tmpfs root/tmp
mount --bind var root/var
mkdir -p root${TEMPLATE_HOME} root/run/machine
mount --bind template${TEMPLATE_HOME} root${TEMPLATE_HOME}
mount --bind host root/run/machine
[ -e upper/.seeded ] || { cp -a template/usr template/etc root/; touch root/.seeded; }
: > init.ready
cd root
mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
mount --make-rshared /
exec /bin/bash ${TEMPLATE_HOME}/init.sh
`;

async function boot(site: MachineSite, record: MachineRecord, folder: string): Promise<void> {
  await rm(join(folder, 'init.stat'), { force: true });
  await rm(join(folder, 'init.ready'), { force: true });
  const [file, args] = enterNetwork(record.network);
  const apart = ['unshare', '--fork', '--kill-child', '--pid', '--mount', '--uts', '--ipc'];
  const log = join(folder, 'console.log');
  const env = {
    ...record.variables,
    FOLDER: folder,
    TEMPLATE: site.templates[record.template ?? ''] ?? site.template,
    MACHINE_ADDRESS: record.address,
    MACHINE_PREFIX: '24',
    MACHINE_GATEWAY: site.gateway,
    ...(site.podPrefix === undefined ? {} : { MACHINE_POD_PREFIX: site.podPrefix }),
  };
  const shell = ['--propagation', 'private', '--', 'bash', '-ec', BOOT, 'machine'];
  const daemon = await spawnRecorded(file, [...args, ...apart, ...shell], { log, env });
  const deadline = Date.now() + READY_MILLISECONDS;
  while (Date.now() < deadline && !daemon.hasEnded()) {
    if ((await stat(join(folder, 'init.ready')).catch(() => undefined)) && (await nodeProcess(folder)))
      return;
    await sleep(20);
  }
  const detail = (await readFile(log, 'utf8')).slice(-2000);
  throw clusterError('CLUSTER_START_FAILED', { subject: log, detail });
}

async function switchOff(site: MachineSite, id: string): Promise<void> {
  const record = await requireRecord(site, id);
  const first = await nodeProcess(folderOf(site, id));
  const inside = await processesInNetwork(networkPath(record.network));
  const left = await end([...(first === undefined ? [] : [first]), ...inside]);
  if (left.length > 0) throw clusterError('COMMAND_FAILED', { subject: `power off of ${id}` });
  await deleteMachineNetwork(site, record.network, cableOf(record));
}

/** Of eight characters and one: names of cards have 15 at most. */
function cableOf({ network }: MachineRecord): string {
  return `m${network.slice(-8)}`;
}

function folderOf(site: MachineSite, id: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,100}$/.test(id))
    throw clusterError('CLUSTER_NAME_INVALID', { subject: id });
  return join(site.folder, id);
}

async function readRecord(site: MachineSite, id: string): Promise<MachineRecord | undefined> {
  const path = join(folderOf(site, id), 'machine.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}

async function requireRecord(site: MachineSite, id: string): Promise<MachineRecord> {
  const record = await readRecord(site, id);
  if (record === undefined) throw clusterError('CLUSTER_UNKNOWN', { subject: id });
  return record;
}

async function readRecords(site: MachineSite): Promise<MachineRecord[]> {
  const entries = await readdir(site.folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const records = await Promise.all(folders.map((id) => readRecord(site, id)));
  return records.filter((record) => record !== undefined);
}

async function freeAddress(site: MachineSite): Promise<string> {
  const taken = new Set((await readRecords(site)).map(({ address }) => address));
  const prefix = site.gateway.slice(0, site.gateway.lastIndexOf('.'));
  for (let last = FIRST_ADDRESS; last <= LAST_ADDRESS; last++) {
    const address = `${prefix}.${last}`;
    if (!taken.has(address)) return address;
  }
  throw clusterError('HOST_UNFIT', { subject: site.folder, detail: 'no address is left for a machine' });
}
