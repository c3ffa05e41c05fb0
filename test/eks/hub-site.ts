import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { AwsKeys } from '../../platform/infra/provider/aws/signature.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { joinClusters } from '../cluster/network/wire.ts';
import type { Progress } from '../cluster/processes/progress.ts';
import { installPlatform, makeProject, platformStick } from '../fleet/fleet.ts';
import { type HubUser, logIn, SYSTEM } from '../fleet/hub-user.ts';
import { type PackDigests, packDigests } from '../fleet/profile-object.ts';
import { ensureStick } from '../install/stick.ts';
import { Aws, REGION, reviewSetup } from './aws.ts';
import { makeProviderContent } from './provider-content.ts';

export const PROJECT_NAME = 'harbour';
export const GATEWAY = 'home';
const REGISTRY_PORT = 31_999;

export interface AccountFile {
  readonly name: string;
  readonly roleArn?: string;
}

/** The platform in a cluster that is its own gateway, and a tenant's AWS with the cluster that stands behind its EKS. */
export interface EksSite {
  readonly hub: Cluster;
  /** Whose API server is that of every cluster of EKS. */
  readonly behind: Cluster;
  readonly aws: Aws;
  /** Of the platform's own release. */
  readonly packs: PackDigests;
  /** An admin of the project, at the hub's workstation. */
  readonly admin: HubUser;
  /** For files; gone with the site. */
  readonly folder: string;
  /** Puts keys into the Secret that is lent for an account. */
  lend(account: string, keys: AwsKeys): Promise<void>;
  /** Makes the hub's own cluster a gateway with these accounts, by `skerry gateway install`. */
  install(accounts: readonly AccountFile[]): Promise<string>;
  stop(): Promise<void>;
}

/** Both clusters, the platform from its stick, AWS's provider in a bundle, a tenant's account; no gateway yet. */
export async function startEksSite(name: string, onProgress: Progress): Promise<EksSite> {
  const folder = await mkdtemp(join(tmpdir(), `skerry-${name}-`));
  const cache = programCache(process.env);
  const needed = [...clusterPrograms, 'helm', 'cluster-api-aws'] as const;
  const programs = await ensurePrograms(needed, { cache, onProgress });
  const made = await ensureStick({ onProgress });
  onProgress('the product is built');
  const bundle = await makeProviderContent(made, folder);
  onProgress('the bundle with AWS’s provider is made');
  const setup = await reviewSetup(folder, new Date());
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const one of started.toReversed()) await one.stop();
    if (process.env.SKERRY_KEEP === undefined) await rm(folder, { recursive: true, force: true });
  };
  const start = async (role: string, apiServer: readonly string[]) => {
    const cluster = await startCluster({ name: `${name}-${role}`, programs, apiServer, onProgress });
    started.push(cluster);
    return cluster;
  };
  const starting = [start('hub', []), start('eks', setup.apiServer)] as const;
  try {
    const [hub, behind] = await Promise.all(starting);
    const stick = await platformStick(made, folder, hub.nodeAddress, onProgress);
    await installPlatform(hub, stick);
    await makeProject(hub, PROJECT_NAME);
    onProgress('the platform runs');
    await joinClusters(hub, behind);
    const aws = await Aws.start({ cluster: behind, setup, folder, onProgress });
    started.push(aws);
    const admin = await logIn({ hub, stick, folder }, 'admin', {
      project: PROJECT_NAME,
      role: 'skerry-admin',
    });
    onProgress('AWS answers');
    const site = { hub, behind, aws, admin, folder };
    return {
      ...site,
      packs: await packDigests(stick.bundle),
      lend: async (account, keys) => await lend(site, account, keys),
      install: async (accounts) => await install(site, accounts, [bundle, made.publicKeyPath]),
      stop,
    };
  } catch (error) {
    await Promise.allSettled(starting);
    await stop();
    throw error;
  }
}

type Places = Pick<EksSite, 'hub' | 'aws' | 'admin' | 'folder'>;

async function lend({ hub, aws }: Places, account: string, keys: AwsKeys): Promise<void> {
  const { accessKeyId, secretAccessKey } = keys;
  await hub.api.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: account,
      namespace: PROJECT_NAME,
      labels: { 'skerry.dev/use': 'cloud' },
      annotations: { 'skerry.dev/hosts': new URL(aws.endpoint).host },
    },
    stringData: { accessKeyId, secretAccessKey },
  });
}

async function install(
  { hub, aws, admin, folder }: Places,
  accounts: readonly AccountFile[],
  [bundle, key]: readonly [string, string],
): Promise<string> {
  const apiVersion = 'skerry.dev/v1alpha1';
  const objects = [
    { apiVersion, kind: 'Gateway', metadata: { name: GATEWAY }, spec: { cluster: GATEWAY } },
    ...accounts.map(({ name, roleArn }) => ({
      ...{ apiVersion, kind: 'CloudAccount', metadata: { name } },
      spec: {
        ...{ type: 'aws', gateway: GATEWAY, endpoint: aws.endpoint, credentials: { name } },
        settings: { region: REGION, ...(roleArn === undefined ? {} : { roleArn, externalId: PROJECT_NAME }) },
      },
    })),
  ];
  const file = join(folder, 'home.yaml');
  const [username, password] = [join(folder, 'username'), join(folder, 'password')];
  const push = Push.parse(await hub.api.get(`/api/v1/namespaces/${SYSTEM}/secrets/skerry-registry-push`));
  await writeFile(file, objects.map((object) => stringify(object)).join('---\n'));
  await writeFile(username, Buffer.from(push.data.username, 'base64'));
  await writeFile(password, Buffer.from(push.data.password, 'base64'), { mode: 0o600 });
  return await admin.run([
    ...['gateway', 'install', GATEWAY, '--kubeconfig', hub.kubeconfig, '-f', file],
    ...['--bundle', bundle, '--key', key, '--registry', `http://${hub.nodeAddress}:${REGISTRY_PORT}`],
    ...['--username-file', username, '--password-file', password, '--yes'],
  ]);
}

const Push = z.looseObject({ data: z.looseObject({ username: z.string(), password: z.string() }) });
