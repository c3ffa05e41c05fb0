import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { testFolder } from '../../content/testing/folder.ts';
import type { RawAnswer } from '../client/client.ts';
import { type ClusterView, openClusterView } from './cluster-view.ts';
import type { OwnKind } from './own-kinds.ts';

const kubeconfigSchema = z.looseObject({
  clusters: z.array(z.looseObject({ cluster: z.looseObject({ server: z.string() }) })),
});

const lamp: OwnKind = {
  group: 'tiny.example',
  version: 'v1',
  kind: 'Lamp',
  plural: 'lamps',
  singular: 'lamp',
  namespaced: true,
};
const aggregated = {
  kind: 'APIGroupDiscoveryList',
  items: [
    { metadata: { name: 'apps' }, versions: [{ version: 'v1', resources: [{ resource: 'deployments' }] }] },
  ],
};

describe('a view of a cluster', () => {
  let folder: string;
  let view: ClusterView;
  let server: string;
  const asked: string[] = [];
  const answers = new Map<string, RawAnswer>([
    ['/apis', { status: 200, text: JSON.stringify(aggregated), contentType: 'application/json;as=x' }],
    ['/api/v1/secrets?limit=1', { status: 403, text: '{"code":403}' }],
  ]);

  before(async () => {
    folder = await testFolder('apply');
    view = await openClusterView({
      client: {
        read: async (path, { accept } = {}) => {
          asked.push(`${path} ${accept ?? ''}`);
          return answers.get(path) ?? { status: 404, text: '{}' };
        },
      },
      kinds: [lamp],
      scratch: folder,
      signal: new AbortController().signal,
    });
    const config = kubeconfigSchema.parse(JSON.parse(await readFile(view.kubeconfig, 'utf8')));
    server = config.clusters[0]?.cluster.server ?? '';
  });
  after(async () => {
    await view.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('answers come as the API server gave them', async () => {
    const answer = await fetch(`${server}/api/v1/secrets?limit=1`);
    assert.equal(answer.status, 403);
    assert.equal(await answer.text(), '{"code":403}');
  });

  test('nothing can be changed through it', async () => {
    asked.length = 0;
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      assert.equal((await fetch(`${server}/api/v1/secrets`, { method })).status, 405, method);
    assert.deepEqual(asked, []);
  });

  test('who does not know its secret sees nothing', async () => {
    asked.length = 0;
    const { origin, pathname } = new URL(server);
    for (const path of ['/api', '//api', `${pathname.slice(0, -1)}/api`, `${pathname}0/api`, '/'])
      assert.equal((await fetch(`${origin}${path}`)).status, 403, path);
    assert.deepEqual(asked, []);
  });

  test('binary answers are not asked for', async () => {
    asked.length = 0;
    const accept =
      'application/vnd.kubernetes.protobuf,application/json;g=apidiscovery.k8s.io;v=v2,application/json';
    await fetch(`${server}/apis`, { headers: { accept } });
    assert.deepEqual(asked, ['/apis application/json;g=apidiscovery.k8s.io;v=v2,application/json']);
  });

  test('kinds that are about to come seem to be served already', async () => {
    const answer = await fetch(`${server}/apis`);
    assert.equal(answer.headers.get('content-type'), 'application/json;as=x');
    const text = await answer.text();
    const groups = JSON.parse(text).items.map((item: { metadata: { name: string } }) => item.metadata.name);
    assert.deepEqual(groups, ['apps', 'tiny.example']);
    const list = await (await fetch(`${server}/apis/tiny.example/v1`)).text();
    assert.deepEqual(JSON.parse(list).resources, [
      { name: 'lamps', singularName: 'lamp', kind: 'Lamp', namespaced: true, verbs: ['get', 'list'] },
    ]);
    assert.equal((await fetch(`${server}/apis/other.example/v1`)).status, 404);
  });

  test('its kubeconfig is gone afterwards', async () => {
    const other = await openClusterView({
      client: { read: async () => ({ status: 404, text: '' }) },
      kinds: [],
      scratch: folder,
      signal: new AbortController().signal,
    });
    await other.close();
    await assert.rejects(readFile(other.kubeconfig));
  });
});
