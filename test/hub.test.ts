import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { connect, type PeerCertificate } from 'node:tls';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { applyObjects } from '../apply/apply-objects.ts';
import type { KubeClient } from '../apply/client.ts';
import { applyCrds, chartCrds } from '../apply/crds.ts';
import { createHelm } from '../apply/helm.ts';
import { connectCluster } from '../apply/kube.ts';
import { parseManifests } from '../apply/manifest.ts';
import type { KubeObject } from '../apply/object.ts';
import { isSkerryError } from '../content/error.ts';
import { MemoryStore } from '../content/memory.ts';
import { MAX_VALUES_BYTES } from '../platform/api/cluster-profile.ts';
import { runHub } from '../platform/hub/main.ts';
import { hostsOf } from '../platform/hub/options.ts';
import { pushSamplePack } from '../platform/hub/sample-packs.ts';
import { readOnlyAccess } from '../registry/access/access.ts';
import { type ServedRegistry, serveRegistry } from '../registry/serve.ts';
import { type ApiForward, forwardApi } from './api-forward.ts';
import { type Cluster, startCluster } from './cluster/cluster.ts';
import { ensureHost } from './cluster/host.ts';
import { clusterPrograms } from './cluster/program.ts';
import { ensurePrograms, programCache } from './cluster/programs.ts';
import { helmProgram } from './helm-program.ts';

const NAMESPACE = 'skerry-system';
const SECRET = 'skerry-hub-tls';
const CHART = {
  chart: join(import.meta.dirname, '../manifests/charts/hub'),
  name: 'hub',
  namespace: NAMESPACE,
};
const PREFIX = 'skerry/packs';
const SECRET_REFERENCE = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: NAMESPACE, name: SECRET },
};

interface RunningHub {
  readonly port: number;
  readonly log: readonly string[];
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const Items = z.looseObject({
  items: z.array(z.looseObject({ name: z.string() })),
  continue: z.string().optional(),
});
const Token = z.looseObject({ status: z.looseObject({ token: z.string() }) });
const Kubeconfig = z.looseObject({ users: z.array(z.looseObject({ user: z.looseObject({}) })) });

describe('the hub with a real API server and a real registry', { timeout: 600_000 }, () => {
  let cluster: Cluster;
  let forward: ApiForward;
  let folder: string;
  let client: KubeClient;
  let registry: ServedRegistry;
  let store: MemoryStore;
  let crds: readonly KubeObject[];
  /** Of the service account that the chart makes, with the rights that the chart gives it and no others. */
  let kubeconfig: string;
  let own: string;
  let hub: RunningHub;
  let viewer: string;
  let stranger: string;

  before(async () => {
    await ensureHost({ install: true });
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    const helmPath = await helmProgram();
    cluster = await startCluster({ name: 'hub', programs });
    forward = await forwardApi(cluster);
    folder = await mkdtemp(join(tmpdir(), 'skerry-hub-'));
    const admin = await forward.kubeconfig(cluster.kubeconfig, folder);
    client = await connectCluster({ path: admin });
    const environment = { PATH: process.env.PATH };
    const helm = createHelm({
      program: helmPath,
      home: join(folder, 'helm'),
      environment,
      kubeconfig: admin,
    });
    crds = await chartCrds(helm, CHART);
    const rendered = parseManifests(await helm.template(CHART), CHART.chart);
    const objects = rendered.filter(({ kind }) => kind !== 'Deployment' && kind !== 'Service');
    const inventory = { name: 'hub', namespace: NAMESPACE };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
    await applyObjects({ client, objects: [namespace, ...objects], inventory, namespace: NAMESPACE });
    own = await tokenOf('skerry-hub');
    kubeconfig = await tokenKubeconfig(admin, own);
    for (const name of ['viewer', 'stranger']) {
      await client.create({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace: NAMESPACE },
      });
    }
    await client.create(viewerBinding());
    viewer = await tokenOf('viewer');
    stranger = await tokenOf('stranger');
    store = new MemoryStore();
    for (const name of ['coredns', 'podinfo'])
      await pushSamplePack(store, PREFIX, { name, version: '1.0.0' });
    registry = await serve(0);
  });

  after(async () => {
    await hub?.stop();
    await registry?.close();
    forward?.close();
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function serve(port: number): Promise<ServedRegistry> {
    const listen = { host: '127.0.0.1', port };
    return await serveRegistry({ store, access: readOnlyAccess, log: () => undefined, listen });
  }

  async function tokenOf(account: string): Promise<string> {
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    return Token.parse((await cluster.api.request(path, { method: 'POST', body })).body).status.token;
  }

  async function tokenKubeconfig(admin: string, token: string): Promise<string> {
    const config = Kubeconfig.parse(parse(await readFile(admin, 'utf8')));
    for (const entry of config.users) entry.user = { token };
    const path = join(folder, 'hub.yaml');
    await writeFile(path, stringify(config), { mode: 0o600 });
    return path;
  }

  async function startHub(registryPort = registry.port): Promise<RunningHub> {
    const controller = new AbortController();
    const log: string[] = [];
    const listening = Promise.withResolvers<AddressInfo>();
    const ended = runHub(
      {
        version: '0.0.0-test',
        listen: { host: '127.0.0.1', port: 0 },
        registry: { address: `http://127.0.0.1:${registryPort}`, packsPrefix: PREFIX },
        kubeconfig,
        tls: { namespace: NAMESPACE, secret: SECRET, hosts: hostsOf('skerry-hub', NAMESPACE), checkMs: 200 },
        logLevel: 'info',
      },
      {
        signal: controller.signal,
        log: { write: (line: string) => log.push(line) > 0 },
        onListening: listening.resolve,
      },
    );
    ended.catch(listening.reject);
    const { port } = await listening.promise;
    const stop = async () => {
      controller.abort();
      await ended;
    };
    return { port, log, stop };
  }

  async function authority(): Promise<string> {
    const secret = await client.get(SECRET_REFERENCE);
    const data = z.record(z.string(), z.string()).parse(secret?.data);
    return Buffer.from(data['ca.crt'] ?? '', 'base64').toString();
  }

  /** As a client that trusts the hub's authority and nothing else, and calls the hub by the name of its Service. */
  async function ask(path: string, token?: string, port = hub.port): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const sent = request({
      host: '127.0.0.1',
      servername: `skerry-hub.${NAMESPACE}.svc`,
      port,
      path,
      ca: await authority(),
      agent: false,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    sent.on('error', reject).on('response', (response) => {
      const status = response.statusCode ?? 0;
      readText(response).then((text) => resolve({ status, body: JSON.parse(text) }), reject);
    });
    sent.end();
    return await promise;
  }

  async function codeOf(path: string, token?: string): Promise<string> {
    const { status, body } = await ask(path, token);
    return status === 200 ? 'OK' : z.looseObject({ code: z.string() }).parse(body).code;
  }

  test('hubs that start at once agree on one certificate, made where the Secret was empty', async () => {
    assert.equal((await client.get(SECRET_REFERENCE))?.data, undefined);
    const hubs = await Promise.all([startHub(), startHub(), startHub()]);
    const prints = await Promise.all(
      hubs.map(async ({ port }) => (await certificateOf(port)).fingerprint256),
    );
    await Promise.all(hubs.map(async ({ stop }) => await stop()));
    assert.equal(new Set(prints).size, 1);
    hub = await startHub();
    assert.equal((await certificateOf(hub.port)).fingerprint256, prints[0]);
    assert.equal(await codeOf('/healthz'), 'OK');
  });

  test('it is ready once the API server serves its kinds, and says so before', async () => {
    assert.equal(await codeOf('/readyz'), 'NOT_READY');
    await applyCrds({ client, crds });
    await until(async () => (await codeOf('/readyz')) === 'OK');
  });

  test('the cluster decides who may read packs', async () => {
    assert.equal(await codeOf('/api/v1/packs'), 'UNAUTHENTICATED');
    assert.equal(await codeOf('/api/v1/packs', 'made-up'), 'UNAUTHENTICATED');
    assert.equal(await codeOf('/api/v1/packs', stranger), 'ACCESS_DENIED');
    assert.equal(await codeOf('/api/v1/packs/podinfo', stranger), 'ACCESS_DENIED');
    assert.equal(await codeOf('/api/v1/clusterprofiles', stranger), 'ACCESS_DENIED');
    const { items } = Items.parse((await ask('/api/v1/packs', viewer)).body);
    assert.deepEqual(
      items.map(({ name, layer }) => ({ name, layer })),
      ['coredns', 'podinfo'].map((name) => ({ name, layer: 'addon' })),
    );
    const pack = await ask('/api/v1/packs/podinfo/versions/1.0.0', viewer);
    const expected = await store.readManifest(`${PREFIX}/podinfo`, '1.0.0');
    assert.equal(z.looseObject({ digest: z.string() }).parse(pack.body).digest, expected?.digest);
  });

  test('a token that is withdrawn stops working', async () => {
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'guest', namespace: NAMESPACE },
    };
    await client.create(account);
    const guest = await tokenOf('guest');
    assert.equal(await codeOf('/api/v1/packs', guest), 'ACCESS_DENIED');
    await client.delete(account);
    await until(async () => (await codeOf('/api/v1/packs', guest)) === 'UNAUTHENTICATED');
  });

  test('cluster profiles come in the API server’s pages', async () => {
    for (const name of ['edge-1', 'edge-2', 'edge-3']) await client.create(profile(name, ['replicas: 2\n']));
    const first = Items.parse((await ask('/api/v1/clusterprofiles?limit=2', viewer)).body);
    const next = encodeURIComponent(first.continue ?? '');
    const second = Items.parse((await ask(`/api/v1/clusterprofiles?limit=2&continue=${next}`, viewer)).body);
    const names = [...first.items, ...second.items].map(({ name }) => name);
    assert.deepEqual(names, ['edge-1', 'edge-2', 'edge-3']);
    assert.equal(second.continue, undefined);
    assert.equal(await codeOf('/api/v1/clusterprofiles?continue=abc', viewer), 'REQUEST_INVALID');
  });

  test('the API server refuses to change a cluster profile', async () => {
    const stored = await client.get(profile('edge-1', []));
    assert.ok(stored !== undefined);
    const changed = { ...profile('edge-1', ['replicas: 3\n']), metadata: stored.metadata };
    await assert.rejects(client.replace(changed), (error) => {
      return isSkerryError(error, 'OBJECT_INVALID') && /never changes/.test(error.detail ?? '');
    });
    const labelled = { ...stored, metadata: { ...stored.metadata, labels: { site: 'north' } } };
    assert.deepEqual((await client.replace(labelled)).metadata.labels, { site: 'north' });
  });

  // What one character takes in the JSON that the API server stores.
  for (const [what, char, bytes] of [
    ['letters', 'a', 1],
    ['line ends', '\n', 2],
    ['quotes', '"', 2],
    ['backslashes', '\\', 2],
    ['umlauts', 'ü', 2],
    ['less-than signs', '<', 6],
    ['emoji', '😀', 4],
  ] as const) {
    test(`values of ${what} may fill a profile to its limit, counted as they are stored, and not a byte more`, async () => {
      const most = Math.floor(MAX_VALUES_BYTES / bytes);
      const half = Math.floor(most / 2);
      const name = `full-${what.replaceAll(' ', '-')}`;
      await client.create(profile(name, [char.repeat(half), char.repeat(most - half)]));
      const over = profile('over', [char.repeat(half), char.repeat(most - half), char]);
      await assert.rejects(client.create(over), (error) => {
        return isSkerryError(error, 'OBJECT_INVALID') && /larger than/.test(error.detail ?? '');
      });
    });
  }

  test('a certificate that is lost from the Secret is made again, and served without a restart', async () => {
    const old = (await certificateOf(hub.port)).fingerprint256;
    const secret = await client.get(SECRET_REFERENCE);
    assert.ok(secret !== undefined);
    const { data: _, ...rest } = secret;
    await client.replace(rest);
    await until(async () => (await certificateOf(hub.port)).fingerprint256 !== old);
    assert.equal(await codeOf('/version'), 'OK');
  });

  test('packs stay in the list, and the hub ready, while the registry is away for a while', async () => {
    assert.equal(await codeOf('/api/v1/packs', viewer), 'OK');
    const { port } = registry;
    await registry.close();
    await until(async () => (await codeOf('/api/v1/packs/unseen', viewer)) === 'REGISTRY_UNREACHABLE');
    const { items } = Items.parse((await ask('/api/v1/packs', viewer)).body);
    assert.deepEqual(
      items.map(({ name }) => name),
      ['coredns', 'podinfo'],
    );
    assert.equal(await codeOf('/readyz'), 'OK');
    registry = await serve(port);
    await until(async () => (await codeOf('/api/v1/packs/unseen', viewer)) === 'PACK_NOT_FOUND');
  });

  test('the log holds no token and no key', async () => {
    const log = hub.log.join('');
    assert.ok(log.includes('request completed'));
    for (const secret of [viewer, stranger, own, 'made-up', 'PRIVATE KEY']) {
      assert.ok(!log.includes(secret));
    }
  });

  test('a hub that is told to stop ends, also while a request waits for a registry that never answers', async () => {
    const asked = Promise.withResolvers<void>();
    const sockets: Socket[] = [];
    const silent = createServer((socket) => {
      sockets.push(socket);
      socket.once('data', () => asked.resolve());
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const waiting = await startHub(typeof address === 'object' ? address?.port : undefined);
    const request = assert.rejects(ask('/api/v1/packs', viewer, waiting.port));
    await asked.promise;
    await waiting.stop();
    await request;
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('it says what is wrong when it cannot start', async () => {
    const taken = hub.port;
    const { signal } = new AbortController();
    const options = {
      version: '0.0.0-test',
      listen: { host: '127.0.0.1', port: 0 },
      registry: { address: `127.0.0.1:${registry.port}`, packsPrefix: PREFIX },
      kubeconfig,
      tls: { namespace: NAMESPACE, secret: SECRET, hosts: hostsOf('skerry-hub', NAMESPACE) },
      logLevel: 'silent' as const,
    };
    const nowhere = join(folder, 'nowhere');
    for (const [change, code] of [
      [{ listen: { host: '127.0.0.1', port: taken } }, 'HUB_LISTEN_FAILED'],
      [{ kubeconfig: nowhere }, 'KUBECONFIG_INVALID'],
      [{ tls: { cert: nowhere, key: nowhere } }, 'TLS_CERTIFICATE_INVALID'],
      [{ tls: { ...options.tls, secret: 'another' } }, 'CLUSTER_FORBIDDEN'],
      [{ registry: { ...options.registry, packsPrefix: 'No Name' } }, 'HUB_OPTION_INVALID'],
      [{ registry: { ...options.registry, address: 'ftp://registry' } }, 'HUB_OPTION_INVALID'],
    ] as const) {
      const running = runHub({ ...options, ...change }, { signal, log: process.stdout });
      await assert.rejects(running, (error) => isSkerryError(error, code), code);
    }
  });
});

function viewerBinding(): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'viewer' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'skerry-viewer' },
    subjects: [{ kind: 'ServiceAccount', name: 'viewer', namespace: NAMESPACE }],
  };
}

function profile(name: string, values: readonly string[]): KubeObject {
  const digest = `sha256:${'a'.repeat(64)}`;
  const packs = values.map((text, index) => ({ name: `p${index}`, version: '1.0.0', digest, values: text }));
  const spec = { version: '1.0.0', packs };
  return { apiVersion: 'skerry.dev/v1alpha1', kind: 'ClusterProfile', metadata: { name }, spec };
}

async function certificateOf(port: number): Promise<PeerCertificate> {
  const { promise, resolve, reject } = Promise.withResolvers<PeerCertificate>();
  // Which certificate is served is the question here; whether it is to be trusted is asked elsewhere.
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.once('error', reject).once('secureConnect', () => {
    resolve(socket.getPeerCertificate());
    socket.end();
  });
  return await promise;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  while (!(await holds())) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
