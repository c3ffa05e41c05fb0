import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { joinClusters, type Wire } from '../cluster/network/wire.ts';
import type { Progress } from '../cluster/processes/progress.ts';
import { skerry } from '../install/installer-run.ts';
import { ensureStick, type StickFixture } from '../install/stick.ts';
import { fleetStick, type MoreRelease } from './fleet-stick.ts';
import { type HubUser, logIn } from './hub-user.ts';
import { type PackDigests, packDigests } from './profile-object.ts';

export const PROJECT_NAME = 'harbour';

/** A cluster that is managed, or will be, and the wire from it to the hub's. */
export interface Member {
  readonly name: string;
  readonly cluster: Cluster;
  readonly wire: Wire;
}

/** The platform in a cluster of its own, and two more clusters that only a wire to the hub's node leads out of. */
export interface Fleet {
  readonly hub: Cluster;
  readonly east: Member;
  readonly west: Member;
  readonly stick: StickFixture;
  /** Packs by name and version, as the stick has them. */
  readonly packs: PackDigests;
  /** For files of a test; gone with the fleet. */
  readonly folder: string;
  /** Logs somebody in who has one of the platform's roles in the project, or none. */
  user(name: string, role?: string): Promise<HubUser>;
  stop(): Promise<void>;
}

/** Makes what the release is to carry besides the platform's own, once the product is built. */
export type MakeMore = (folder: string) => Promise<MoreRelease>;

/** Starts three clusters at once, installs the platform from a stick into the first and makes a project there. */
export async function startFleet(name: string, onProgress?: Progress, makeMore?: MakeMore): Promise<Fleet> {
  await ensureHost({ install: true, groups: ['cluster', 'build', 'tools'], onProgress });
  const folder = await mkdtemp(join(tmpdir(), `skerry-${name}-`));
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env), onProgress });
  const started: Cluster[] = [];
  const stop = async () => {
    await Promise.all(started.map(async (cluster) => await cluster.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (role: string) => {
    const cluster = await startCluster({ name: `${name}-${role}`, programs, onProgress });
    started.push(cluster);
    return cluster;
  };
  const starting = [start('hub'), start('east'), start('west'), ensureStick({ onProgress })] as const;
  try {
    const [hub, east, west, made] = await Promise.all(starting);
    const more = await makeMore?.(folder);
    const stick = await platformStick(made, folder, hub.nodeAddress, onProgress, more);
    onProgress?.('installing the platform');
    await installPlatform(hub, stick);
    await makeProject(hub, PROJECT_NAME);
    onProgress?.('the platform runs');
    return {
      hub,
      east: { name: 'east', cluster: east, wire: await joinClusters(hub, east) },
      west: { name: 'west', cluster: west, wire: await joinClusters(hub, west) },
      stick,
      packs: await packDigests(stick.bundle),
      folder,
      user: async (user, role) => await logIn({ hub, stick, folder }, user, { project: PROJECT_NAME, role }),
      stop,
    };
  } catch (error) {
    await Promise.allSettled(starting);
    await stop();
    throw error;
  }
}

/** A stick like the one that was made, with a hub that is reached at this address of its node. */
export async function platformStick(
  made: StickFixture,
  work: string,
  address: string,
  onProgress: Progress | undefined,
  more?: MoreRelease,
): Promise<StickFixture> {
  onProgress?.('making the fleet’s stick');
  const folder = await fleetStick(made, work, address, more);
  const bundle = (await readdir(folder)).find((file) => file.endsWith('.bundle.tar'));
  if (bundle === undefined) throw new Error(`no bundle in ${folder}`);
  return { ...made, folder, bundle: join(folder, bundle) };
}

/** Installs the release on a stick, with agents let in at the node's own address. */
export async function installPlatform(
  hub: Cluster,
  stick: Pick<StickFixture, 'folder' | 'publicKeyPath'>,
): Promise<void> {
  await skerry(hub, stick, ['install', stick.folder, '--key', stick.publicKeyPath]);
}

export async function makeProject(hub: Cluster, name: string): Promise<void> {
  await hub.api.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'skerry.dev/project': 'true' } },
  });
}
