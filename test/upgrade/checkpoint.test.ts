import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import { at, listAt, textAt } from '../../apply/json.ts';
import { migrateCrds } from '../../apply/migration/migrate-crds.ts';
import type { KubeObject } from '../../apply/object.ts';
import { copyContent } from '../../content/copy/copy.ts';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { mapLimited } from '../../content/limit.ts';
import {
  type Checkpoint,
  compareWithCheckpoint,
  ensureCheckpointKey,
  openCheckpoint,
  packCheckpoint,
  restoreCrds,
  restoreObjects,
  takeCheckpoint,
} from '../../installer/checkpoint/checkpoint.ts';
import { type ApiForward, forwardApi } from '../charts/api-forward.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { enterNetwork } from '../cluster/network/network.ts';
import { SKERRY } from '../registry/clients/served-store.ts';
import { type RegistryProcess, serveRegistryOf } from '../registry/process.ts';

const signal = new AbortController().signal;
const OBJECTS = 300;
const GROUP = 'example.com';
const CRD = `widgets.${GROUP}`;
const PORT = 5000;
/** More than a number of JavaScript holds, less than Kubernetes does. */
const BIG = 9_007_199_254_740_993n;

let cluster: Cluster;
let forward: ApiForward;
let client: KubeClient;
let registry: RegistryProcess;
let folder: string;

before(async () => {
  await ensureHost({ install: true });
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
  folder = await mkdtemp(join(tmpdir(), 'skerry-checkpoint-'));
  cluster = await startCluster({ name: 'checkpoint', programs, storage: false });
  forward = await forwardApi(cluster);
  const path = await forward.kubeconfig(cluster.kubeconfig, folder);
  client = await connectCluster({ path });
  registry = await serveOnWorkstation();
  for (const name of ['skerry-system', 'platform', 'shop'])
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await standInForRegistry();
});

after(async () => {
  await registry?.[Symbol.asyncDispose]();
  forward?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

const properties = {
  size: { type: 'integer', maximum: 1000 },
  big: { type: 'integer', format: 'int64' },
  ratio: { type: 'number' },
  color: { type: 'string' },
  ports: {
    type: 'array',
    items: {
      type: 'object',
      properties: { name: { type: 'string' }, port: { 'x-kubernetes-int-or-string': true } },
    },
  },
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
};

interface Shape {
  readonly storage?: boolean;
  readonly fields?: object;
  readonly required?: readonly string[];
}

function version(name: string, { storage = false, fields = properties, required }: Shape = {}) {
  const spec = { type: 'object', properties: fields, ...(required === undefined ? {} : { required }) };
  const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const openAPIV3Schema = { type: 'object', properties: { spec, status } };
  return { name, served: true, storage, schema: { openAPIV3Schema }, subresources: { status: {} } };
}

function definition(...versions: readonly object[]): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: CRD },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { kind: 'Widget', listKind: 'WidgetList', plural: 'widgets', singular: 'widget' },
      versions,
    },
  };
}

const v1 = definition(version('v1', { storage: true }));
const both = definition(version('v1'), version('v2', { storage: true }));
const v2 = definition(version('v2', { storage: true }));

function widget(name: string, spec: object): KubeObject {
  return { apiVersion: `${GROUP}/v1`, kind: 'Widget', metadata: { name, namespace: 'shop' }, spec };
}

function sample(index: number): object {
  const ports = [{ name: 'http', port: index % 2 === 0 ? 80 : 'http' }];
  return {
    size: index,
    big: BIG,
    ratio: 0.1 * index,
    color: 'red',
    ports,
    free: { any: [{ thing: index }] },
  };
}

/** Makes all widgets that are not there. */
async function fill(): Promise<void> {
  const indexes = Array.from({ length: OBJECTS }, (_, index) => index);
  await mapLimited(indexes, 8, async (index) => {
    const made = widget(`w${index}`, sample(index));
    if ((await client.get(made)) === undefined) await client.create(made);
  });
}

async function migrate(crd: KubeObject, losses: 'refused' | 'allowed' = 'refused'): Promise<void> {
  await migrateCrds({ client, crds: [crd], losses, signal });
}

/** What all widgets state, by name, with the exact digits of their numbers. */
async function specs(apiVersion: string): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for await (const page of client.pages({ apiVersion, kind: 'Widget' }, { signal }))
    for (const { metadata, spec } of page) found.set(metadata.name, spec);
  return found;
}

async function definitionNow(): Promise<KubeObject | undefined> {
  return await client.get(v1);
}

async function storedNow(): Promise<string[]> {
  return listAt(await definitionNow(), 'status', 'storedVersions').map(String);
}

async function versionsNow(): Promise<(string | undefined)[]> {
  return listAt(await definitionNow(), 'spec', 'versions').map((one) => textAt(one, 'name'));
}

describe('a kind', { timeout: 170_000 }, () => {
  test('goes to another stored version, loses the old one, and comes back, its objects as they were', async () => {
    await migrate(v1);
    await fill();
    const before = await specs(`${GROUP}/v1`);
    assert.equal(before.size, OBJECTS);
    assert.deepEqual(before.get('w7'), sample(7));

    const began = performance.now();
    await migrate(both);
    assert.deepEqual(await storedNow(), ['v2']);
    await migrate(v2);
    assert.deepEqual(await versionsNow(), ['v2']);
    assert.deepEqual(await specs(`${GROUP}/v2`), before);
    await migrate(v1);
    console.log(`# ${OBJECTS} objects there and back in ${Math.round(performance.now() - began)} ms`);
    assert.deepEqual(await storedNow(), ['v1']);
    assert.deepEqual(await versionsNow(), ['v1']);
    assert.deepEqual(await specs(`${GROUP}/v1`), before);
  });

  test('does not become one that would drop fields of objects, or refuse them', async () => {
    const { resourceVersion } = (await definitionNow())?.metadata ?? {};
    const { color: _, ...fewer } = properties;
    const losing = definition(version('v1'), version('v2', { storage: true, fields: fewer }));
    await assert.rejects(migrate(losing), (error) => {
      assert.ok(isSkerryError(error, 'CRD_LOSES_FIELDS'), `${error}`);
      assert.match(error.detail ?? '', /Widget\.example\.com shop\/w0: spec\.color/);
      return true;
    });
    const small = { ...properties, size: { type: 'integer', maximum: 298 } };
    await assert.rejects(migrate(definition(version('v1', { storage: true, fields: small }))), (error) => {
      assert.ok(isSkerryError(error, 'CRD_REJECTS_OBJECTS'), `${error}`);
      assert.match(error.detail ?? '', /^Widget\.example\.com shop\/w299: spec\.size/);
      return true;
    });
    const strict = definition(version('v1', { storage: true, required: ['owner'] }));
    await assert.rejects(migrate(strict), (error) => isSkerryError(error, 'CRD_REJECTS_OBJECTS'));
    const cluster = { ...v1, spec: { ...Object(v1.spec), scope: 'Cluster' } };
    await assert.rejects(migrate(cluster), (error) => isSkerryError(error, 'CRD_CHANGE_REFUSED'));
    assert.equal((await definitionNow())?.metadata.resourceVersion, resourceVersion);
  });
});

describe('a checkpoint', { timeout: 170_000 }, () => {
  test('is kept in the registry, read through the API server, and everything goes back to it', async () => {
    await migrate(v1);
    await fill();
    const look = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'look', namespace: 'platform' } };
    const mail = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mail', namespace: 'platform' } };
    await client.create({ ...look, data: { color: 'red', old: 'x' } });
    await client.create({ ...mail, type: 'Opaque', data: { password: 'cGxhbnRlZA==' } });
    const seen = await client.get(widget('w1', {}));
    assert.ok(seen);
    await client.replace({ ...seen, status: { seen: 1 } }, { subresource: 'status' });
    const before = await specs(`${GROUP}/v1`);
    const checkpoint = await keptCheckpoint();
    assert.deepEqual(await compareWithCheckpoint({ client, checkpoint, signal }), []);

    await migrate(
      definition(version('v2', { storage: true, fields: { ...properties, added: { type: 'string' } } })),
    );
    const now = { ...widget('w1', {}), apiVersion: `${GROUP}/v2` };
    await client.patch(now, { spec: { size: 999, added: 'new' }, metadata: { labels: { more: 'yes' } } });
    await client.delete({ ...now, metadata: { name: 'w2', namespace: 'shop' } });
    await client.create({ ...now, metadata: { name: 'younger', namespace: 'shop' }, spec: { size: 5 } });
    await client.patch(look, { data: { color: 'blue', old: null, more: 'y' } });
    await client.delete(mail);
    const differences = await compareWithCheckpoint({ client, checkpoint, signal });
    assert.doesNotMatch(
      JSON.stringify(differences, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
      /cGxhbnRlZA/,
    );
    const faults = differences.filter(({ stays }) => !stays).map(({ subject }) => subject);
    assert.ok(faults.includes('Secret platform/mail'), faults.join());

    await restoreCrds({ client, checkpoint, component: 'hub', signal });
    await restoreObjects({ client, checkpoint, signal });
    const left = await compareWithCheckpoint({ client, checkpoint, signal });
    assert.deepEqual(
      left.map(({ subject, what, stays }) => [subject, what, stays]),
      [['Widget.example.com shop/younger', 'new', true]],
    );
    const after = await specs(`${GROUP}/v1`);
    assert.ok(after.delete('younger'));
    assert.deepEqual(after, before);
    const w1 = await client.get(widget('w1', {}));
    assert.deepEqual([at(w1, 'status'), w1?.metadata.labels], [{ seen: 1 }, undefined]);
    assert.deepEqual((await client.get(look))?.data, { color: 'red', old: 'x' });
    assert.deepEqual((await client.get(mail))?.data, { password: 'cGxhbnRlZA==' });
  });
});

/** Taken, copied into the registry, and read again as a workstation does that has nothing but a kubeconfig. */
async function keptCheckpoint(): Promise<Checkpoint> {
  const release = { name: 'platform', version: '1.0.0', digest: digestOf('release') };
  const components = [{ name: 'hub', namespace: 'platform', crds: [CRD] }];
  const installation = { id: 'i', release };
  const began = performance.now();
  const taken = await takeCheckpoint({ client, installation, components, signal });
  const key = await ensureCheckpointKey({ client, id: 'i', random: randomBytes, signal });
  const { store, address, bytes } = await packCheckpoint(taken, key);
  console.log(
    `# checkpoint of ${taken.head.kinds[0]?.objects} objects: ${taken.head.bytes} bytes, ${bytes} kept, ` +
      `${Math.round(performance.now() - began)} ms`,
  );
  const layout = join(folder, 'layout');
  const { repository, tag } = address;
  await copyContent(store, await openLayout(layout, { create: true }), [{ repository, reference: tag }]);
  const [program, script] = SKERRY;
  const target = `http://${cluster.workstation.address}:${PORT}`;
  const copied = await cluster.workstation.exec(program, [script, 'copy', layout, target]);
  assert.equal(copied.exitCode, 0, copied.all);
  const opened = await openCheckpoint(client, address, signal);
  assert.deepEqual(opened, taken);
  return opened;
}

async function serveOnWorkstation(): Promise<RegistryProcess> {
  const [enter, args] = enterNetwork(cluster.workstation.network);
  const options = { address: cluster.workstation.address, port: PORT };
  return await serveRegistryOf([enter, ...args, ...SKERRY], ['--store', join(folder, 'store')], options);
}

/**
 * Stands for the Service and the pod that the registry's chart brings. The API server passes requests on to pods alone, found
 * by Endpoints, not by slices: a pod that nobody runs has the workstation's address.
 */
async function standInForRegistry(): Promise<void> {
  const metadata = { name: 'skerry-registry-store', namespace: 'skerry-system' };
  const { address: ip } = cluster.workstation;
  await client.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  const containers = [{ name: 'registry', image: 'registry' }];
  const spec = { schedulerName: 'nobody', serviceAccountName: metadata.name, containers };
  const pod = await client.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
  const status = { ...Object(pod.status), podIP: ip, podIPs: [{ ip }] };
  await client.replace({ ...pod, status }, { subresource: 'status' });
  await client.create({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: PORT }] } });
  const targetRef = { kind: 'Pod', ...metadata };
  const subsets = [{ addresses: [{ ip, targetRef }], ports: [{ port: PORT }] }];
  await client.create({ apiVersion: 'v1', kind: 'Endpoints', metadata, subsets });
}
