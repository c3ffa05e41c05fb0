import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import { createHelm } from '../../apply/helm/helm.ts';
import { applyObjects } from '../../apply/inventory/apply-objects.ts';
import { applyCrds } from '../../apply/inventory/crds.ts';
import { parseManifests } from '../../apply/manifest.ts';
import { isCrd } from '../../apply/release/own-kinds.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { runHub } from '../../platform/hub/main.ts';
import { type HubOptions, hostsOf } from '../../platform/hub/options.ts';
import type { SignInOptions } from '../../platform/hub/session/open-sign-in.ts';
import { pushSamplePack } from '../../platform/hub/testing/sample-packs.ts';
import { readOnlyAccess } from '../../registry/access/access.ts';
import { type ServedRegistry, serveRegistry } from '../../registry/server/serve.ts';
import { type ApiForward, forwardApi } from '../charts/api-forward.ts';
import { helmProgram } from '../charts/helm-program.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, type StartOptions, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';

const NAMESPACE = 'skerry-system';
const SECRET = 'skerry-hub-tls';
const PREFIX = 'skerry/packs';
const CHART = {
  chart: join(import.meta.dirname, '../../manifests/charts/hub'),
  name: 'hub',
  namespace: NAMESPACE,
};
const Token = z.looseObject({ status: z.looseObject({ token: z.string() }) });
const Kubeconfig = z.looseObject({ users: z.array(z.looseObject({ user: z.looseObject({}) })) });
const Secret = z.looseObject({ data: z.record(z.string(), z.string()) });

/** A hub in this process. */
export interface SiteHub {
  readonly url: string;
  readonly log: readonly string[];
  stop(): Promise<void>;
}

export interface SiteHubOptions {
  readonly port?: number;
  readonly agents?: boolean;
  /** Another registry than the site's. */
  readonly registry?: string;
  /** How browsers are let in besides pasted tokens. */
  readonly signIn?: Partial<SignInOptions>;
}

/** A hub as users meet it, without the pods: a real API server with the hub's chart in it, and a registry with packs. */
export interface HubSite {
  readonly cluster: Cluster;
  /** As the cluster's administrator. */
  readonly client: KubeClient;
  /** What is in the registry. */
  readonly store: MemoryStore;
  /** Digests of the packs `podinfo` and `coredns` at 1.0.0 and 1.1.0, by `NAME:VERSION`. */
  readonly digests: ReadonlyMap<string, string>;
  /** For files of a test; gone with the site. */
  readonly folder: string;
  /** The administrator's kubeconfig, for programs of this machine. */
  kubeconfig(): Promise<string>;
  /** The certificate (PEM) of the hubs' authority, once one has started. */
  ca(): Promise<string>;
  /** Makes a ServiceAccount with one of the platform's roles everywhere, or none; gives a token of it. */
  user(name: string, role?: string): Promise<string>;
  /** Starts a hub; `agents: false` leaves out all that has to do with managed clusters, so that a test may say how they fare. */
  startHub(options?: SiteHubOptions): Promise<SiteHub>;
  stop(): Promise<void>;
}

/** Starts a cluster of this name with what a hub needs; no hub yet. */
export async function startHubSite(
  name: string,
  options: Pick<StartOptions, 'authentication'> = {},
): Promise<HubSite> {
  await ensureHost({ install: true });
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
  const helm = await helmProgram();
  const folder = await mkdtemp(join(tmpdir(), `skerry-${name}-`));
  const cluster = await startCluster({ name, programs, ...options });
  const forward = await forwardApi(cluster);
  const store = new MemoryStore();
  const listen = { host: '127.0.0.1', port: 0 };
  const registry = await serveRegistry({ store, access: readOnlyAccess, log: () => undefined, listen });
  const stop = async () => {
    await registry.close();
    forward.close();
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await makeSite({ cluster, forward, folder, helm, store, registry })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Parts {
  readonly cluster: Cluster;
  readonly forward: ApiForward;
  readonly folder: string;
  readonly helm: string;
  readonly store: MemoryStore;
  readonly registry: ServedRegistry;
}

async function makeSite({
  cluster,
  forward,
  folder,
  helm,
  store,
  registry,
}: Parts): Promise<Omit<HubSite, 'stop'>> {
  const admin = await forward.kubeconfig(cluster.kubeconfig, folder);
  const client = await connectCluster({ path: admin });
  await applyChart(client, { helm, folder, admin });
  const kubeconfig = await tokenKubeconfig(admin, await tokenOf(cluster, 'skerry-hub'), folder);
  const digests = new Map<string, string>();
  for (const version of ['1.0.0', '1.1.0'])
    for (const name of ['coredns', 'podinfo'])
      digests.set(`${name}:${version}`, (await pushSamplePack(store, PREFIX, { name, version })).digest);
  return {
    ...{ cluster, client, store, digests, folder },
    kubeconfig: async () => await readFile(admin, 'utf8'),
    ca: async () => {
      const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${SECRET}`;
      return Buffer.from(Secret.parse(await cluster.api.get(path)).data['ca.crt'] ?? '', 'base64').toString();
    },
    user: async (account, role) => {
      const metadata = { name: account, namespace: NAMESPACE };
      await client.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
      if (role !== undefined) await client.create(bindingOf(account, role));
      return await tokenOf(cluster, account);
    },
    startHub: async ({
      port = 0,
      agents = true,
      signIn,
      registry: address = `http://127.0.0.1:${registry.port}`,
    } = {}) =>
      await startHub({
        version: '0.0.0-test',
        listen: { host: '127.0.0.1', port },
        registry: { address, packsPrefix: PREFIX },
        kubeconfig,
        tls: {
          namespace: NAMESPACE,
          secret: SECRET,
          hosts: hostsOf('skerry-hub', NAMESPACE),
          checkMs: 60_000,
        },
        signIn: { namespace: NAMESPACE, secret: 'skerry-hub-sessions', hours: 12, ...signIn },
        logLevel: 'info',
        ...(agents ? { agents: AGENTS } : {}),
      }),
  };
}

const AGENTS = {
  namespace: NAMESPACE,
  listen: { host: '127.0.0.1', port: 0 },
  urls: ['https://localhost:31844'],
  authoritySecret: 'skerry-hub-authority',
  image: 'registry.example/skerry@sha256:'.padEnd(95, 'a'),
  registry: { ip: '10.0.0.1', port: 30_500 },
};

async function applyChart(
  client: KubeClient,
  { helm: program, folder, admin: kubeconfig }: { helm: string; folder: string; admin: string },
): Promise<void> {
  const environment = { PATH: process.env.PATH };
  const helm = createHelm({ program, home: join(folder, 'helm'), environment, kubeconfig });
  const objects = parseManifests(await helm.template({ ...CHART, includeCrds: true }), CHART.chart);
  await applyCrds({ client, crds: objects.filter(isCrd) });
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await applyObjects({
    client,
    objects: [
      namespace,
      ...objects.filter((object) => !isCrd(object) && !['Deployment', 'Service'].includes(object.kind)),
    ],
    inventory: { name: 'hub', namespace: NAMESPACE },
    namespace: NAMESPACE,
  });
}

async function startHub(options: HubOptions): Promise<SiteHub> {
  const controller = new AbortController();
  const log: string[] = [];
  const listening = Promise.withResolvers<AddressInfo>();
  const ended = runHub(options, {
    signal: controller.signal,
    log: { write: (line: string) => log.push(line) > 0 },
    onListening: listening.resolve,
  });
  ended.catch(listening.reject);
  const { port } = await listening.promise;
  const stop = async () => {
    controller.abort();
    await ended;
  };
  return { url: `https://localhost:${port}`, log, stop };
}

async function tokenOf(cluster: Cluster, account: string): Promise<string> {
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  return Token.parse((await cluster.api.request(path, { method: 'POST', body })).body).status.token;
}

async function tokenKubeconfig(admin: string, token: string, folder: string): Promise<string> {
  const config = Kubeconfig.parse(parse(await readFile(admin, 'utf8')));
  for (const entry of config.users) entry.user = { token };
  const path = join(folder, 'hub.yaml');
  await writeFile(path, stringify(config), { mode: 0o600 });
  return path;
}

function bindingOf(account: string, role: string) {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: account },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }],
  };
}
