import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { fingerprint, names, untilQuiet } from './cluster-contents.ts';
import { failing, skerry, startSkerry } from './installer-run.ts';
import { ensureStick, type StickFixture } from './stick.ts';
import { stickWith } from './stick-with.ts';

const SYSTEM = '/api/v1/namespaces/skerry-system';
let cluster: Cluster;
let stick: StickFixture;
let work: string;
let pristine: string[];

before(async () => {
  await ensureHost({ install: true, groups: ['cluster', 'build', 'tools'] });
  stick = await ensureStick();
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
  cluster = await startCluster({ name: 'foreign', programs });
  work = await mkdtemp(join(tmpdir(), 'skerry-foreign-'));
  await untilQuiet(cluster);
  pristine = await names(cluster);
});

after(async () => {
  await cluster?.stop();
  if (work !== undefined) await rm(work, { recursive: true, force: true });
});

afterEach(async () => {
  await startSkerry(cluster, stick, ['uninstall', '--yes']);
  for (const name of ['skerry-system', 'app', 'monitoring']) await removeNamespace(name);
  for (const name of ['clusterprofiles.skerry.dev', 'gadgets.vendor.example'])
    await cluster.api.remove(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`);
});

const install = (...more: string[]) => ['install', stick.folder, '--key', stick.publicKeyPath, ...more];
const Kept = z.looseObject({
  namespaces: z.array(z.string()),
  kept: z.array(z.looseObject({ namespace: z.string(), because: z.array(z.string()) })),
  stays: z.array(z.looseObject({ object: z.string() })),
});

const GADGETS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.vendor.example' },
  spec: {
    group: 'vendor.example',
    scope: 'Namespaced',
    names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget', listKind: 'GadgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

test('what others have in the namespace keeps it, whatever kind it is, and stays', async () => {
  await skerry(cluster, stick, install());
  await cluster.api.apply(GADGETS);
  await served('/apis/vendor.example/v1');
  const metadata = { name: 'theirs', namespace: 'skerry-system' };
  await cluster.api.apply({ apiVersion: 'vendor.example/v1', kind: 'Gadget', metadata });
  const gadget = z.looseObject({ metadata: z.looseObject({ uid: z.string() }) });
  const path = '/apis/vendor.example/v1/namespaces/skerry-system/gadgets/theirs';
  const { uid } = gadget.parse(await cluster.api.get(path)).metadata;
  const owner = { apiVersion: 'vendor.example/v1', kind: 'Gadget', name: 'theirs', uid };
  await cluster.api.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...metadata, ownerReferences: [owner] },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  });
  await cluster.api.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata,
    spec: { defaultBackend: { service: { name: 'x', port: { number: 80 } } } },
  });
  await cluster.api.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: { podSelector: { matchLabels: { app: 'theirs' } } },
  });
  await cluster.api.apply({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules: [] });
  await cluster.api.apply({
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata,
    spec: { limits: [{ type: 'Container', default: { memory: '64Mi' } }] },
  });
  const told = await skerry(cluster, stick, ['uninstall', '--dry-run', '--output', 'json']);
  const { kept, namespaces } = Kept.parse(JSON.parse(told));
  assert.deepEqual(namespaces, []);
  assert.deepEqual(kept.flatMap(({ because }) => because).sort(), [
    'Gadget.vendor.example skerry-system/theirs',
    'Ingress.networking.k8s.io skerry-system/theirs',
    'LimitRange skerry-system/theirs',
    'NetworkPolicy.networking.k8s.io skerry-system/theirs',
    'PersistentVolumeClaim skerry-system/theirs',
    'Role.rbac.authorization.k8s.io skerry-system/theirs',
  ]);
  await skerry(cluster, stick, ['uninstall', '--yes']);
  assert.ok(await cluster.api.get(path), 'the custom resource is there');
  const left = (await names(cluster)).filter((name) => !pristine.includes(name));
  assert.deepEqual(left, [
    'configmaps skerry-system/kube-root-ca.crt',
    'customresourcedefinitions /gadgets.vendor.example',
    'namespaces /skerry-system',
    'persistentvolumeclaims skerry-system/theirs',
    'roles skerry-system/theirs',
    'serviceaccounts skerry-system/default',
  ]);
  await cluster.api.remove('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.vendor.example');
});

test('a Helm release of somebody else under a component’s name is refused, and stays as it is', async () => {
  await makeNamespace('skerry-system');
  const chart = join(import.meta.dirname, '../fixtures/other-chart');
  const env = { KUBECONFIG: cluster.kubeconfig };
  const args = ['install', 'hub', chart, '-n', 'skerry-system'];
  const made = await cluster.workstation.exec(stick.helm, args, { env });
  assert.equal(made.exitCode, 0, made.all);
  await untilQuiet(cluster);
  const before = await fingerprint(cluster);
  const failure = await failing(cluster, stick, install());
  assert.deepEqual([failure.codes, failure.exitCode], [['FOREIGN_OBJECT'], 4], failure.output);
  assert.match(failure.output, /HelmRelease\/skerry-system\/hub/);
  assert.deepEqual(await fingerprint(cluster), before);
});

test('Secrets, CRDs and Services under our names are named, all of them, and nothing is changed', async () => {
  await makeNamespace('skerry-system');
  const metadata = (name: string) => ({ name, namespace: 'skerry-system' });
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  await cluster.api.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata('skerry-registry-users'),
    data: { users: encoded('skerry:!\n') },
  });
  await cluster.api.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata('skerry-registry-push'),
    data: { username: encoded('skerry'), password: encoded('guess') },
  });
  const crd = await readFile(
    join(import.meta.dirname, '../../manifests/charts/hub/crds/skerry.dev_clusterprofiles.yaml'),
    'utf8',
  );
  await cluster.api.apply(parse(crd));
  await untilQuiet(cluster);
  const before = await fingerprint(cluster);
  const { output, codes } = await failing(cluster, stick, install());
  assert.deepEqual(codes, ['FOREIGN_OBJECT'], output);
  const words = [
    'Secret/skerry-system/skerry-registry-users',
    'Secret/skerry-system/skerry-registry-push',
    'CustomResourceDefinition.apiextensions.k8s.io/clusterprofiles.skerry.dev',
  ];
  for (const word of words) assert.ok(output.includes(word), `${word}\n${output}`);
  assert.deepEqual(await fingerprint(cluster), before);

  // Adopted, the Secrets are made to fit, and uninstalling leaves all that was there before.
  await skerry(cluster, stick, install(...words.flatMap((word) => ['--adopt', word])));
  await skerry(cluster, stick, ['uninstall', '--yes']);
  const left = await names(cluster);
  assert.ok(left.includes('customresourcedefinitions /clusterprofiles.skerry.dev'));
  assert.ok(left.includes('secrets skerry-system/skerry-registry-users'));
  assert.ok(!left.includes('leases skerry-system/skerry-installer'), 'the lock is gone');
  await cluster.api.remove(
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clusterprofiles.skerry.dev',
  );
});

test('an address that was deleted by hand shows, and the next run makes it again; so with a password', async () => {
  await skerry(cluster, stick, install());
  await cluster.api.remove(`${SYSTEM}/services/skerry-registry`);
  const broken = await startSkerry(cluster, stick, ['status', '--output', 'json']);
  assert.deepEqual([broken.exitCode, JSON.parse(broken.stdout).registry], [1, 'broken'], broken.all);
  await skerry(cluster, stick, install());
  await skerry(cluster, stick, ['status']);
  await cluster.api.remove(`${SYSTEM}/secrets/skerry-registry-push`);
  await skerry(cluster, stick, install());
  await skerry(cluster, stick, ['status']);
  const password = z.looseObject({ data: z.looseObject({ password: z.string() }) });
  const secret = password.parse(await cluster.api.get(`${SYSTEM}/secrets/skerry-registry-push`));
  const plain = Buffer.from(secret.data.password, 'base64').toString();
  const push = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'POST', '-u', `skerry:${plain}`];
  // kube-proxy takes a moment for a Service that is made again; until then connections are refused, or reset.
  const patience = ['--retry', '20', '--retry-delay', '1', '--retry-all-errors'];
  const pushed = await cluster.execOnNode('curl', [
    ...push,
    ...patience,
    'http://localhost:31999/v2/x/blobs/uploads/',
  ]);
  assert.equal(pushed.stdout, '202');
});

test('uninstalling never loses its own lock', async () => {
  for (let round = 0; round < 3; round++) {
    await skerry(cluster, stick, install());
    await skerry(cluster, stick, ['uninstall', '--yes']);
    const left = (await names(cluster)).filter((name) => !pristine.includes(name));
    assert.deepEqual(left, []);
  }
});

test('a finalizer whose controller is gone: uninstalling names it, and goes on once it is off', async () => {
  const release = await stickWith(stick, work, 'finalizer');
  await skerry(cluster, stick, ['install', release, '--key', stick.publicKeyPath]);
  const { codes, output } = await failing(cluster, stick, ['uninstall', '--yes', '--timeout', '3']);
  assert.deepEqual(codes, ['DELETION_STUCK'], output);
  assert.match(output, /Cluster\.db\.example app\/db.*db\.example\/cleanup/);
  const path = '/apis/db.example/v1/namespaces/app/clusters/db';
  const body = { metadata: { finalizers: null } };
  await cluster.api.request(path, {
    method: 'PATCH',
    body,
    contentType: 'application/merge-patch+json',
  });
  const told = JSON.parse(await skerry(cluster, stick, ['uninstall', '--yes', '--output', 'json']));
  const { stays, kept } = Kept.parse(told);
  assert.deepEqual(
    stays.map(({ object }) => object),
    ['PersistentVolumeClaim app/data'],
  );
  assert.deepEqual(
    kept.map(({ namespace }) => namespace),
    ['app'],
  );
});

test('a chart that carries its own namespace installs, and the namespace outlives its chart for others', async () => {
  const release = await stickWith(stick, work, 'own-namespace');
  await skerry(cluster, stick, ['install', release, '--key', stick.publicKeyPath]);
  const status = await startSkerry(cluster, stick, ['status']);
  assert.equal(status.exitCode, 0, status.all);
  await cluster.api.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'theirs', namespace: 'app' },
  });
  await skerry(cluster, stick, ['uninstall', '--yes']);
  assert.ok(await cluster.api.get('/api/v1/namespaces/app/configmaps/theirs'));
  assert.equal(await cluster.api.get('/api/v1/namespaces/app/configmaps/a'), undefined);
});

async function makeNamespace(name: string): Promise<void> {
  await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

async function removeNamespace(name: string): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  await cluster.api.remove(path);
  for (let tries = 0; tries < 120 && (await cluster.api.get(path)) !== undefined; tries++)
    await new Promise((resolve) => setTimeout(resolve, 250));
}

async function served(path: string): Promise<void> {
  for (let tries = 0; tries < 100 && (await cluster.api.get(path)) === undefined; tries++)
    await new Promise((resolve) => setTimeout(resolve, 100));
}
