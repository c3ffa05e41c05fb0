import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { clusterPrograms } from '../../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../../cluster/cluster.ts';
import { joinClusters, type Wire } from '../../cluster/network/wire.ts';
import type { Progress } from '../../cluster/processes/progress.ts';
import { installPlatform, makeProject, platformStick } from '../../fleet/fleet.ts';
import { type HubUser, logIn, SYSTEM } from '../../fleet/hub-user.ts';
import { type PackDigests, packDigests } from '../../fleet/profile-object.ts';
import { ensureStick, type StickFixture } from '../../install/stick.ts';
import { type MachineSite, machineSite } from '../../machines/site.ts';
import { ensureTemplate } from '../../machines/template.ts';
import { startVcenter, type Vcenter } from '../site/vcenter.ts';
import { VCSIM_TEMPLATE } from '../vcsim.ts';
import { KUBERNETES, makeNextPack, makeNodeContent, NEXT_KUBERNETES } from './node-content.ts';
import { openWayToHub, routeToHub } from './way-to-hub.ts';

export const PROJECT_NAME = 'harbour';
export const GATEWAY = 'lab';
export const ACCOUNT = 'vcenter';
/** A template of the next version that is the same machine under another name. */
export const OTHER_TEMPLATE = `${VCSIM_TEMPLATE}-b`;
const REGISTRY_PORT = 31_999;

/** The platform in one cluster, and a site with a vCenter whose gateway is another; the hub does not reach the vCenter. */
export interface HubSite {
  readonly hub: Cluster;
  readonly gateway: Cluster;
  readonly wire: Wire;
  readonly machines: MachineSite;
  readonly vcenter: Vcenter;
  readonly stick: StickFixture;
  /** Of the platform's own release. */
  readonly packs: PackDigests;
  /** An admin of the project, at the hub's workstation. */
  readonly admin: HubUser;
  /** An address of the site that no machine gets by DHCP. */
  address(last: number): string;
  /** Runs `skerry gateway install` at the site's workstation. */
  install(): Promise<string>;
  stop(): Promise<void>;
}

/** Both clusters, the platform from its stick, the bundle for nodes, a vCenter whose machines boot; no gateway yet. */
export async function startHubSite(name: string, onProgress: Progress): Promise<HubSite> {
  const work = await mkdtemp(join(tmpdir(), `skerry-${name}-`));
  const cache = programCache(process.env);
  const programs = await ensurePrograms([...clusterPrograms, 'helm', 'vcsim'], { cache, onProgress });
  const template = await ensureTemplate({ onProgress });
  const next = await ensureTemplate({ kubelet: 'kubelet-next', onProgress });
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const one of started.reverse()) await one.stop();
    await rm(work, { recursive: true, force: true });
  };
  const start = async (role: string) => {
    const cluster = await startCluster({ name: `${name}-${role}`, programs, onProgress });
    started.push(cluster);
    return cluster;
  };
  const made = await ensureStick({ onProgress });
  onProgress('the product is built');
  const bundle = await makeNodeContent(made, work);
  onProgress('the bundle for nodes is made');
  const starting = [start('hub'), start('gw')] as const;
  try {
    const [hub, gateway] = await Promise.all(starting);
    const stick = await platformStick(made, work, hub.nodeAddress, onProgress, {
      packs: [await makeNextPack(work)],
    });
    await installPlatform(hub, stick);
    await makeProject(hub, PROJECT_NAME);
    onProgress('the platform runs');
    const wire = await joinClusters(hub, gateway);
    await openWayToHub(hub, gateway);
    await routeToHub(gateway.workstation, hub, gateway);
    const machines = await machineSite(gateway, {
      template,
      templates: {
        [`${VCSIM_TEMPLATE}-${KUBERNETES}`]: template,
        [`${VCSIM_TEMPLATE}-${NEXT_KUBERNETES}`]: next,
        [OTHER_TEMPLATE]: next,
      },
    });
    const vcenter = await startVcenter(gateway, machines);
    started.push(vcenter);
    const admin = await logIn({ hub, stick, folder: work }, 'admin', {
      project: PROJECT_NAME,
      role: 'skerry-admin',
    });
    onProgress('the vCenter answers');
    const address = (last: number) => gateway.nodeAddress.replace(/\.\d+$/, `.${last}`);
    const site = { hub, gateway, wire, machines, vcenter, stick, admin, address };
    const install = async () => await installGateway(site, work, bundle);
    return { ...site, packs: await packDigests(stick.bundle), install, stop };
  } catch (error) {
    await Promise.allSettled(starting);
    await stop();
    throw error;
  }
}

type Places = Pick<HubSite, 'hub' | 'gateway' | 'admin' | 'vcenter' | 'address'>;

/** As docs/gateway.md says: credentials are a Secret of the project, all else one file and one command. */
async function installGateway(site: Places, work: string, bundle: string): Promise<string> {
  const { hub, gateway, admin } = site;
  await lendCredentials(site);
  const folder = join(work, 'gateway');
  await mkdir(folder, { recursive: true });
  const [file, username, password] = [
    join(folder, 'lab.yaml'),
    join(folder, 'username'),
    join(folder, 'password'),
  ];
  await writeFile(file, gatewayFile(site));
  const push = Push.parse(await hub.api.get(`/api/v1/namespaces/${SYSTEM}/secrets/skerry-registry-push`));
  await writeFile(username, Buffer.from(push.data.username, 'base64'));
  await writeFile(password, Buffer.from(push.data.password, 'base64'), { mode: 0o600 });
  const args = [
    ...['gateway', 'install', GATEWAY, '--kubeconfig', gateway.kubeconfig, '-f', file],
    ...['--bundle', bundle, '--registry', registryOf(hub)],
    ...['--username-file', username, '--password-file', password, '--yes'],
  ];
  return await admin.run(args, undefined, gateway.workstation);
}

const Push = z.looseObject({ data: z.looseObject({ username: z.string(), password: z.string() }) });

function registryOf(hub: Cluster): string {
  return `http://${hub.nodeAddress}:${REGISTRY_PORT}`;
}

async function lendCredentials({ hub, vcenter: { vcsim } }: Places): Promise<void> {
  await hub.api.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: ACCOUNT,
      namespace: PROJECT_NAME,
      labels: { 'skerry.dev/use': 'cloud' },
      annotations: { 'skerry.dev/hosts': new URL(vcsim.endpoint).host },
    },
    stringData: { username: vcsim.username, password: vcsim.password },
  });
}

function gatewayFile({ hub, vcenter: { vcsim }, address }: Places): string {
  const apiVersion = 'skerry.dev/v1alpha1';
  const gateway = {
    apiVersion,
    kind: 'Gateway',
    metadata: { name: GATEWAY },
    spec: {
      cluster: GATEWAY,
      pools: [
        { name: 'endpoints', ranges: [`${address(60)}-${address(69)}`], prefix: 24 },
        {
          name: 'machines',
          ranges: [`${address(220)}-${address(239)}`],
          prefix: 24,
          gateway: address(1),
        },
      ],
      nodes: {
        template: `${VCSIM_TEMPLATE}-{kubernetes}`,
        sizes: [
          { name: 'small', cpus: 2, memoryMiB: 2048 },
          { name: 'large', cpus: 4, memoryMiB: 4096 },
        ],
        registry: { endpoint: registryOf(hub) },
      },
    },
  };
  const account = {
    apiVersion,
    kind: 'CloudAccount',
    metadata: { name: ACCOUNT },
    spec: {
      ...{ type: 'vsphere', gateway: GATEWAY, endpoint: vcsim.endpoint, ca: vcsim.ca },
      credentials: { name: ACCOUNT },
    },
  };
  return [gateway, account].map((one) => stringify(one)).join('---\n');
}
