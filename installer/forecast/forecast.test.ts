import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { KubeObject } from '../../apply/object.ts';
import { piecesOf } from '../../bundle/release-bundle.ts';
import { totalBytes } from '../../bundle/release-contents.ts';
import { newKey } from '../../bundle/testing/signed-bundle.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { signedStore } from '../testing/signed-release.ts';
import { CheckSite, testInstallation } from '../testing/upgrade-check.ts';
import { missingPieces } from './content-need.ts';
import { readKubeletRoom } from './kubelet-room.ts';
import { forecastNodes } from './node-need.ts';
import { forecastPhases } from './phases.ts';
import { podStarts } from './pod-starts.ts';
import { ratesOf } from './rates.ts';
import { registryRoom } from './registry-room.ts';
import { migrationOf } from './resources.ts';
import { forecastWorkloads } from './workloads.ts';

const KEY = newKey();
const OLD = { version: '1.0.0', images: { web: 'a'.repeat(1000), db: 'b'.repeat(2000) } };
const NEW = { version: '1.1.0', images: { web: 'c'.repeat(5000), db: 'b'.repeat(2000) } };

test('only what the registry lacks is imported, each blob once', async () => {
  const registry = (await signedStore(KEY, OLD)).store;
  const made = await signedStore(KEY, NEW);
  const pieces = await piecesOf(made);
  const missing = await missingPieces(registry, pieces, new Set());
  const bytes = totalBytes(missing);
  assert.ok(bytes > 5000 && bytes < 9500, `${bytes}`);
  assert.ok(totalBytes(pieces) > bytes + 2000);
  const all = new Set(pieces.map(({ digest }) => digest));
  assert.deepEqual(await missingPieces(new MemoryStore(), pieces, all), []);
});

test('a node pulls the layers that it lacks', async () => {
  const old = await signedStore(KEY, OLD);
  const made = await signedStore(KEY, NEW);
  const names = old.release.images.map(({ repository, digest }) => `localhost:31999/${repository}@${digest}`);
  const nodes = [node('has-old', names), node('empty', [])];
  const [first, second] = await forecastNodes({
    nodes,
    wanted: { store: made.store, images: made.release.images },
    before: { store: old.store, images: old.release.images },
    free: new Map([['empty', 99]]),
  });
  assert.deepEqual([first?.images, first?.pullBytes, first?.ready], [1, 5000, true]);
  assert.deepEqual([second?.images, second?.pullBytes, second?.freeBytes], [2, 7002, 99]);
});

describe('how long a workload does not answer', () => {
  const one = (before: KubeObject, after: KubeObject, replicas: number, start?: number) => {
    const [forecast] = forecastWorkloads({
      before: [before],
      after: [after],
      replicas: new Map([[`${after.kind} web`, replicas]]),
      startSeconds: new Map(start === undefined ? [] : [[`${after.kind} web`, start]]),
    });
    return [forecast?.restarts, forecast?.downtimeSeconds];
  };

  test('follows from its strategy and replicas', () => {
    const rolling = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } };
    assert.deepEqual(one(web('a'), web('a'), 1, 7), [false, 0]);
    assert.deepEqual(one(web('a'), web('b'), 1, 7), [true, 0]);
    assert.deepEqual(one(web('a'), web('b', { type: 'Recreate' }), 1, 7), [true, 7]);
    assert.deepEqual(one(web('a'), web('b', rolling), 1, 7), [true, 7]);
    assert.deepEqual(one(web('a'), web('b', rolling), 2, 7), [true, 0]);
    assert.deepEqual(one(web('a'), web('b', { type: 'Recreate' }), 0, 7), [true, 0]);
    const kind = 'StatefulSet';
    assert.deepEqual(one({ ...web('a'), kind }, { ...web('b'), kind }, 1), [true, 15]);
    assert.deepEqual(one({ ...web('a'), kind }, { ...web('b'), kind }, 3), [true, 0]);
  });

  test('a start is measured from pods that became ready at once', () => {
    const starts = podStarts([pod('web-5d9f-x', 9), pod('web-5d9f-y', 4), pod('web-5d9f-z', 2, 1)]);
    assert.deepEqual([...starts], [['Deployment web', 4]]);
  });
});

test('times follow earlier runs, and what is usual where there were none', () => {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  const phase = (id: string, seconds: number) =>
    ({ id, state: 'done', startedAt: at(0), finishedAt: at(seconds) }) as const;
  const phases = [phase('copy', 10), phase('component-hub', 40), phase('component-agent', 6)];
  const rates = ratesOf(testInstallation({ phases }), 500_000_000);
  assert.equal(rates.importRate, 50_000_000);
  assert.deepEqual(
    [rates.component('hub'), rates.component('new'), rates.measured],
    [40, 40, 'earlier runs'],
  );
  const usual = ratesOf(testInstallation(), undefined);
  assert.deepEqual([usual.component('hub'), usual.measured], [15, 'defaults']);
  const forecast = forecastPhases({
    rates,
    content: { images: 1, bytes: 1e9, importBytes: 100_000_000, importPieces: 3 },
    nodes: [{ name: 'n', ready: true, images: 1, pullBytes: 80_000_000, freeBytes: undefined }],
    components: [
      { name: 'hub', namespace: 'hub', action: 'upgrade', workloads: [], downtimeSeconds: 0 },
      { name: 'same', namespace: 'same', action: 'keep', workloads: [], downtimeSeconds: 0 },
    ],
    resources: [{ crd: 'x', component: 'hub', objects: 1000, migration: { from: ['v1'], to: 'v2' } }],
    soak: () => 30,
  });
  assert.deepEqual(
    forecast.map(({ id }) => id),
    ['stage', 'pre-pull', 'checkpoint', 'images', 'component-hub', 'commit'],
  );
  assert.deepEqual(
    forecast.slice(0, 4).map(({ seconds }) => seconds),
    [8, 5, 15, 1],
  );
});

test('objects are written again when the stored version changes or goes away', () => {
  assert.equal(migrationOf(crd(['v1'], 'v1', ['v1']), crd(['v1'], 'v1')), undefined);
  assert.equal(migrationOf(crd(['v1'], 'v1', ['v1']), crd(['v1', 'v2'], 'v1')), undefined);
  assert.deepEqual(migrationOf(crd(['v1'], 'v1', ['v1']), crd(['v1', 'v2'], 'v2')), {
    from: ['v1'],
    to: 'v2',
  });
  assert.deepEqual(migrationOf(crd(['v1', 'v2'], 'v2', ['v1', 'v2']), crd(['v2'], 'v2')), {
    from: ['v1'],
    to: 'v2',
  });
  assert.equal(migrationOf(crd(['v1'], 'v1', ['v1']), undefined), undefined);
});

describe('room', () => {
  let site: CheckSite;
  before(async () => {
    site = await CheckSite.start();
  });
  after(() => site.server.close());

  test('of a registry’s volume is what the kubelet says, else what was asked for', () => {
    const claim = {
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
      metadata: { name: 'skerry-registry', namespace: 'skerry-system' },
      status: { capacity: { storage: '20Gi' } },
    };
    const measured = { capacity: 100, used: 60, available: 40 };
    const room = { volumes: new Map([['skerry-system/skerry-registry', measured]]) };
    assert.deepEqual(registryRoom([claim], room), { capacityBytes: 100, usedBytes: 60, freeBytes: 40 });
    const stated = registryRoom([claim], { volumes: new Map() });
    assert.deepEqual(stated, { capacityBytes: 20 * 1024 ** 3, usedBytes: undefined, freeBytes: undefined });
  });

  test('that no kubelet tells of is not known', async () => {
    const { images, volumes } = await readKubeletRoom(site.server.client(), ['n1']);
    assert.deepEqual([images.size, volumes.size], [0, 0]);
  });

  test('is read from the kubelet’s summary', async () => {
    const text = JSON.stringify({
      node: { fs: { availableBytes: 5 }, runtime: { imageFs: { availableBytes: 7 } } },
      pods: [
        {
          volume: [
            { pvcRef: { name: 'c', namespace: 'ns' }, capacityBytes: 3, usedBytes: 1, availableBytes: 2 },
          ],
        },
      ],
    });
    const room = await readKubeletRoom({ read: async () => ({ status: 200, text }) }, ['n1']);
    assert.deepEqual([...room.images], [['n1', 7]]);
    assert.deepEqual([...room.volumes], [['ns/c', { capacity: 3, used: 1, available: 2 }]]);
  });
});

function web(image: string, strategy?: object): KubeObject {
  const template = { spec: { containers: [{ name: 'web', image }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { strategy, template },
  };
}

function pod(name: string, seconds: number, restartCount = 0): KubeObject {
  const at = (time: number) => new Date(1_700_000_000_000 + time * 1000).toISOString();
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d9f', uid: 'u' };
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, ownerReferences: [owner] } },
    status: {
      startTime: at(0),
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at(seconds) }],
      containerStatuses: [{ restartCount }],
    },
  };
}

function node(name: string, names: readonly string[]): KubeObject {
  return {
    ...{ apiVersion: 'v1', kind: 'Node', metadata: { name } },
    status: { conditions: [{ type: 'Ready', status: 'True' }], images: [{ names }] },
  };
}

function crd(
  versions: readonly string[],
  stored: string,
  storedVersions: readonly string[] = [],
): KubeObject {
  return {
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'x' } },
    spec: { versions: versions.map((name) => ({ name, storage: name === stored })) },
    status: { storedVersions },
  };
}
