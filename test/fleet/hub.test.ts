import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { connect, type PeerCertificate } from 'node:tls';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import { createHelm } from '../../apply/helm/helm.ts';
import { applyObjects } from '../../apply/inventory/apply-objects.ts';
import { applyCrds } from '../../apply/inventory/crds.ts';
import { parseManifests } from '../../apply/manifest.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isCrd } from '../../apply/release/own-kinds.ts';
import { isSkerryError } from '../../content/error.ts';
import type { Manifest } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { MAX_VALUES_BYTES } from '../../platform/api/cluster-profile.ts';
import { PROJECT_LABEL } from '../../platform/api/group.ts';
import { kinds } from '../../platform/api/kinds.ts';
import { runHub } from '../../platform/hub/main.ts';
import { hostsOf } from '../../platform/hub/options.ts';
import { sampleSpec } from '../../platform/hub/testing/sample-objects.ts';
import { pushSamplePack } from '../../platform/hub/testing/sample-packs.ts';
import { readOnlyAccess } from '../../registry/access/access.ts';
import { type ServedRegistry, serveRegistry } from '../../registry/server/serve.ts';
import { type ApiForward, forwardApi } from '../charts/api-forward.ts';
import { helmProgram } from '../charts/helm-program.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';

const NAMESPACE = 'skerry-system';
const SECRET = 'skerry-hub-tls';
const CHART = {
  chart: join(import.meta.dirname, '../../manifests/charts/hub'),
  name: 'hub',
  namespace: NAMESPACE,
};
const PREFIX = 'skerry/packs';
/** The last four are members of one project only. */
const PEOPLE = ['viewer', 'owner', 'stranger', 'p-viewer', 'p-operator', 'p-admin', 'p-auditor'];
const PROJECT = '/api/v1/projects/north';
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

interface Asked {
  readonly token?: string | undefined;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly port?: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly etag: string | undefined;
}

const Items = z.looseObject({
  items: z.array(z.looseObject({ name: z.string() })),
  continue: z.string().optional(),
});
const Wire = z.looseObject({ name: z.string() });
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
  /** Bound to skerry-admin for the whole cluster. */
  let owner: string;
  const tokens = new Map<string, string>();
  const packs = new Map<string, Manifest>();

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
    crds = parseManifests(await helm.template({ ...CHART, includeCrds: true }), CHART.chart).filter(isCrd);
    const rendered = parseManifests(await helm.template(CHART), CHART.chart);
    const objects = rendered.filter(({ kind }) => kind !== 'Deployment' && kind !== 'Service');
    const inventory = { name: 'hub', namespace: NAMESPACE };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
    await applyObjects({ client, objects: [namespace, ...objects], inventory, namespace: NAMESPACE });
    own = await tokenOf('skerry-hub');
    kubeconfig = await tokenKubeconfig(admin, own);
    for (const name of PEOPLE) {
      await client.create({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace: NAMESPACE },
      });
      tokens.set(name, await tokenOf(name));
    }
    for (const name of ['viewer', 'owner'] as const) await client.create(roleBinding(name));
    viewer = tokens.get('viewer') ?? '';
    stranger = tokens.get('stranger') ?? '';
    owner = tokens.get('owner') ?? '';
    store = new MemoryStore();
    for (const name of ['coredns', 'podinfo'])
      packs.set(name, await pushSamplePack(store, PREFIX, { name, version: '1.0.0' }));
    registry = await serve(0);
  });

  after(async () => {
    await hub?.stop();
    await registry?.close();
    forward?.close();
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Of packs that the registry has: the hub looks before it lets a profile in. */
  function soundProfile(): object {
    const pack = { name: 'podinfo', version: '1.0.0', digest: packs.get('podinfo')?.digest };
    return { name: 'edge', version: '1.0.0', packs: [pack] };
  }

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
  async function open(path: string, { token, method = 'GET', body, headers, port = hub.port }: Asked) {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const sent = request({
      host: '127.0.0.1',
      servername: `skerry-hub.${NAMESPACE}.svc`,
      port,
      path,
      method,
      ca: await authority(),
      agent: false,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
    });
    sent.on('error', reject).on('response', resolve);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    return await promise;
  }

  async function send(path: string, asked: Asked): Promise<Answer> {
    const response = await open(path, asked);
    const text = await readText(response);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.statusCode ?? 0, body, etag: response.headers.etag };
  }

  async function ask(path: string, token?: string, port = hub.port): Promise<Answer> {
    return await send(path, { token, port });
  }

  /** A stream of events, read one by one; heartbeats are left out. */
  async function watch(path: string, token: string, headers: Record<string, string> = {}) {
    const response = await open(path, { token, headers: { accept: 'text/event-stream', ...headers } });
    assert.equal(response.statusCode, 200);
    const events = readEvents(response);
    const next = async (expected: string) => {
      for (;;) {
        const { value } = await events.next();
        assert.ok(value !== undefined, `the stream ended before ${expected}`);
        if (value.event === 'heartbeat') continue;
        assert.equal(value.event, expected);
        return value;
      }
    };
    return { next, close: () => response.destroy() };
  }

  async function codeOf(path: string, token?: string, asked: Asked = {}): Promise<string> {
    const { status, body } = await send(path, { token, ...asked });
    return status < 300 ? 'OK' : z.looseObject({ code: z.string() }).parse(body).code;
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

  test('the API server takes every definition, each under 64 KiB, and an object of every kind', async () => {
    assert.deepEqual(
      crds.map(({ metadata }) => metadata.name).sort(),
      kinds.map(({ plural }) => `${plural}.skerry.dev`).sort(),
    );
    for (const crd of crds) assert.ok(JSON.stringify(crd).length < 64 * 1024, crd.metadata.name);
    await client.create(namespaceOf('samples'));
    for (const { kind, group, version } of kinds) {
      const name = kind === 'ClusterProfile' ? 'edge-1.0.0' : 'sample';
      const object = {
        apiVersion: `${group}/${version}`,
        kind,
        metadata: { namespace: 'samples', name },
        spec: sampleSpec(kind),
      };
      await client.create(object);
    }
  });

  test('a project is made with its members, who may from then on what their roles say', async () => {
    const members = ['viewer', 'operator', 'admin', 'auditor'].map((role) => ({
      subject: `serviceaccount:${NAMESPACE}/p-${role}`,
      role,
    }));
    const made = { method: 'POST' as const, body: { name: 'north', members } };
    const p = (name: string) => tokens.get(`p-${name}`);
    for (const token of [undefined, stranger, viewer, p('admin')]) {
      assert.notEqual(await codeOf('/api/v1/projects', token, made), 'OK');
    }
    assert.equal(await codeOf('/api/v1/projects?dryRun=true', owner, made), 'OK');
    assert.equal(await codeOf(PROJECT, owner), 'PROJECT_NOT_FOUND');
    assert.equal(await codeOf('/api/v1/projects', owner, made), 'OK');
    assert.equal(await codeOf('/api/v1/projects', owner, made), 'OBJECT_EXISTS');
    assert.equal(
      await codeOf('/api/v1/projects', owner, { ...made, body: { name: 'kube-system' } }),
      'PROJECT_FOREIGN',
    );
    await until(async () => (await codeOf(`${PROJECT}/clusters`, p('viewer'))) === 'OK');
    for (const token of [p('viewer'), p('auditor')]) {
      const { items } = Items.parse((await ask('/api/v1/projects', token)).body);
      assert.deepEqual(
        items.map(({ name }) => name),
        ['north'],
      );
    }
    assert.deepEqual(Items.parse((await ask('/api/v1/projects', stranger)).body).items, []);
  });

  test('the hub may read secrets of projects, also of those that were made without it', async () => {
    const asHub = await connectCluster({ path: kubeconfig }, { attempts: 1 });
    await client.create(namespaceOf('by-hand'));
    for (const namespace of ['north', 'by-hand']) {
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'any' } };
      const readable = async () =>
        await asHub.get(secret).then(
          () => true,
          () => false,
        );
      await until(readable);
    }
  });

  test('each role may do in its project what it is for, and nothing in another', async () => {
    const rights: readonly (readonly [role: string, ...allowed: readonly string[]])[] = [
      ['viewer', 'list'],
      ['operator', 'list', 'cluster', 'profile'],
      ['admin', 'list', 'cluster', 'profile', 'account', 'members'],
      ['auditor', 'list'],
    ];
    const attempts = (project: string, role: string) =>
      ({
        list: [`${project}/clusters`, {}],
        cluster: [
          `${project}/clusters?dryRun=true`,
          { method: 'POST', body: { name: `c-${role}`, spec: {} } },
        ],
        profile: [
          `${project}/clusterprofiles?dryRun=true`,
          { method: 'POST', body: { name: 'edge-1.0.0', spec: soundProfile() } },
        ],
        account: [
          `${project}/cloudaccounts?dryRun=true`,
          { method: 'POST', body: { name: 'a', spec: sampleSpec('CloudAccount') } },
        ],
        members: [`${project}/members?dryRun=true`, { method: 'PUT', body: { members: [] } }],
      }) as const;
    for (const [role, ...allowed] of rights) {
      const token = tokens.get(`p-${role}`);
      for (const [what, [path, asked]] of Object.entries(attempts(PROJECT, role))) {
        const expected = allowed.includes(what) ? 'OK' : 'ACCESS_DENIED';
        assert.equal(await codeOf(path, token, asked), expected, `${role} ${what}`);
      }
      for (const [what, [path, asked]] of Object.entries(attempts('/api/v1/projects/samples', role)))
        assert.equal(await codeOf(path, token, asked), 'ACCESS_DENIED', `${role} ${what} elsewhere`);
      // Of all projects it is shown its own.
      const { items } = Items.parse((await ask('/api/v1/clusters', token)).body);
      assert.deepEqual(
        items.filter(({ project }) => project !== 'north'),
        [],
        `${role} everywhere`,
      );
    }
    assert.equal(await codeOf('/api/v1/clusters', stranger), 'ACCESS_DENIED');
  });

  test('the API server’s own refusals come with a code and the field at fault', async () => {
    const create = async (plural: string, body: object) => {
      const answer = await send(`${PROJECT}/${plural}`, { token: owner, method: 'POST', body });
      return z
        .looseObject({
          code: z.string().default('OK'),
          errors: z.array(z.looseObject({ path: z.string(), message: z.string() })).optional(),
        })
        .parse(answer.body);
    };
    const misnamed = await create('clusterprofiles', { name: 'other', spec: soundProfile() });
    assert.equal(misnamed.code, 'OBJECT_INVALID');
    assert.deepEqual(
      misnamed.errors?.map(({ message }) => message),
      ['the object of a profile is named NAME-VERSION'],
    );
    const twice = {
      profiles: [
        { name: 'edge', version: '1.0.0' },
        { name: 'edge', version: '1.1.0' },
      ],
    };
    const doubled = await create('clusters', { name: 'twice', spec: twice });
    assert.deepEqual(
      [doubled.code, doubled.errors?.map(({ path }) => path)],
      ['OBJECT_INVALID', ['spec.profiles[1]']],
    );
    const long = await create('clusters', { name: 'x'.repeat(70), spec: {} });
    assert.equal(long.code, 'OBJECT_INVALID');
    await create('clusterprofiles', { name: 'edge-1.0.0', spec: soundProfile() });
    const patch = { method: 'PATCH' as const, body: { spec: { description: 'new' } } };
    assert.equal(await codeOf(`${PROJECT}/clusterprofiles/edge-1.0.0`, owner, patch), 'OBJECT_IMMUTABLE');
  });

  test('writes hold to ETags, and a dry run leaves no trace', async () => {
    const one = `${PROJECT}/clusters/one`;
    const make = { method: 'PUT' as const, body: { spec: {} }, headers: { 'if-none-match': '*' } };
    assert.equal(await codeOf(one, owner, make), 'OK');
    assert.equal(await codeOf(one, owner, make), 'PRECONDITION_FAILED');
    const { etag = '' } = await ask(one, owner);
    const pause = { method: 'PUT' as const, body: { spec: { paused: true } }, headers: { 'if-match': etag } };
    assert.equal(await codeOf(`${one}?dryRun=true`, owner, pause), 'OK');
    assert.equal((await ask(one, owner)).etag, etag);
    assert.equal(await codeOf(one, owner, pause), 'OK');
    const changed = (await ask(one, owner)).etag;
    assert.notEqual(changed, etag);
    assert.equal(await codeOf(one, owner, pause), 'OK', 'as if its answer had been lost');
    assert.equal((await ask(one, owner)).etag, changed);
    const other = { ...pause, body: { spec: { paused: false } } };
    assert.equal(await codeOf(one, owner, other), 'PRECONDITION_FAILED');
    const gone = { method: 'DELETE' as const, headers: { 'if-match': etag } };
    assert.equal(await codeOf(one, owner, gone), 'PRECONDITION_FAILED');
    assert.equal(await codeOf(`${one}?dryRun=true`, owner, { method: 'DELETE' }), 'OK');
    assert.equal(await codeOf(one, owner), 'OK');
  });

  test('a watch tells what there is and what happens, and goes on after the last event that was seen', async () => {
    const first = await watch(`${PROJECT}/clusters`, owner);
    const listed = await first.next('listed');
    assert.deepEqual(
      Items.parse(listed.data).items.map(({ name }) => name),
      ['one'],
    );
    const change = async (method: 'POST' | 'DELETE', name: string) =>
      await codeOf(method === 'POST' ? `${PROJECT}/clusters` : `${PROJECT}/clusters/${name}`, owner, {
        method,
        ...(method === 'POST' ? { body: { name, spec: {} } } : {}),
      });
    await change('POST', 'two');
    const added = await first.next('added');
    assert.equal(Wire.parse(added.data).name, 'two');
    first.close();
    await change('POST', 'three');
    await change('DELETE', 'two');
    const second = await watch(`${PROJECT}/clusters`, owner, { 'last-event-id': added.id });
    assert.equal(Wire.parse((await second.next('added')).data).name, 'three');
    assert.equal(Wire.parse((await second.next('deleted')).data).name, 'two');
    second.close();
    // From a place that the API server has not come to, as after a restore from an old backup.
    const ahead = await watch(`${PROJECT}/clusters`, owner, { 'last-event-id': '99999999999' });
    const { items } = Items.parse((await ahead.next('listed')).data);
    assert.deepEqual(items.map(({ name }) => name).sort(), ['one', 'three']);
    ahead.close();
  });

  test('the hub itself can give no other right, and touches no namespace but projects', async () => {
    const asHub = await connectCluster({ path: kubeconfig }, { attempts: 1 });
    const subjects = [{ kind: 'ServiceAccount', name: 'stranger', namespace: NAMESPACE }];
    const binding = (namespace: string, role: string): KubeObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'escape', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects,
    });
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'kube-system', name: 'any' } };
    for (const [what, attempt] of [
      ['another role', () => asHub.create(binding('north', 'cluster-admin'))],
      ['a role outside of projects', () => asHub.create(binding('kube-system', 'skerry-hub-project'))],
      ['a role in its own namespace', () => asHub.create(binding(NAMESPACE, 'skerry-hub-project'))],
      [
        'a namespace that is no project',
        () => asHub.create({ ...namespaceOf('plain'), metadata: { name: 'plain' } }),
      ],
      ['the end of another namespace', () => asHub.delete(namespaceOf('kube-public'))],
      ['a secret of others', () => asHub.get(secret)],
      [
        'a cluster-wide binding',
        () => asHub.create({ ...roleBinding('owner'), metadata: { name: 'escape' } }),
      ],
    ] as const) {
      await assert.rejects(
        attempt(),
        (error) =>
          isSkerryError(error, 'CLUSTER_FORBIDDEN') ||
          isSkerryError(error, 'OBJECT_REFUSED') ||
          isSkerryError(error, 'OBJECT_INVALID'),
        what,
      );
    }
  });

  test('a project goes once it has no clusters', async () => {
    const remove = { method: 'DELETE' as const };
    assert.equal(await codeOf(PROJECT, owner, remove), 'PROJECT_NOT_EMPTY');
    for (const name of ['one', 'three'])
      assert.equal(await codeOf(`${PROJECT}/clusters/${name}`, owner, remove), 'OK');
    assert.equal(await codeOf(PROJECT, owner, remove), 'OK');
    await until(async () => (await codeOf(PROJECT, owner)) === 'PROJECT_NOT_FOUND');
  });

  test('cluster profiles come in the API server’s pages', async () => {
    await client.create(namespaceOf('pages'));
    const profiles = '/api/v1/projects/pages/clusterprofiles';
    for (const name of ['edge-1', 'edge-2', 'edge-3']) await client.create(profile(name, ['replicas: 2\n']));
    const first = Items.parse((await ask(`${profiles}?limit=2`, viewer)).body);
    const next = encodeURIComponent(first.continue ?? '');
    const second = Items.parse((await ask(`${profiles}?limit=2&continue=${next}`, viewer)).body);
    const names = [...first.items, ...second.items].map(({ name }) => name);
    assert.deepEqual(names, ['edge-1-1.0.0', 'edge-2-1.0.0', 'edge-3-1.0.0']);
    assert.equal(second.continue, undefined);
    assert.equal(await codeOf(`${profiles}?continue=abc`, viewer), 'REQUEST_INVALID');
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
    for (const secret of [...tokens.values(), own, 'made-up', 'PRIVATE KEY']) {
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

/** Binds an account to the role for the whole cluster. */
function roleBinding(name: 'viewer' | 'owner'): KubeObject {
  const role = name === 'owner' ? 'skerry-admin' : 'skerry-viewer';
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
  };
}

function namespaceOf(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [PROJECT_LABEL]: 'true' } } };
}

function profile(name: string, values: readonly string[]): KubeObject {
  const digest = `sha256:${'a'.repeat(64)}`;
  const packs = values.map((text, index) => ({ name: `p${index}`, version: '1.0.0', digest, values: text }));
  const metadata = { namespace: 'pages', name: `${name}-1.0.0` };
  const spec = { name, version: '1.0.0', packs };
  return { apiVersion: 'skerry.dev/v1alpha1', kind: 'ClusterProfile', metadata, spec };
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

async function* readEvents(response: IncomingMessage) {
  let rest = '';
  for await (const chunk of response) {
    const blocks = (rest + String(chunk)).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.replace(/: .*/, ''), line.replace(/^\w+: /, '')]),
      );
      const data: unknown = JSON.parse(fields.get('data') ?? 'null');
      yield { event: fields.get('event') ?? '', id: fields.get('id') ?? '', data };
    }
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  while (!(await holds())) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
