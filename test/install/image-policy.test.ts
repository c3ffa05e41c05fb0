import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import { listAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import {
  applyImageWay,
  imageWayDrift,
  imageWayReferences,
  readImageWay,
} from '../../installer/images/image-way.ts';
import { type ApiForward, forwardApi } from '../charts/api-forward.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { MUTATING_POLICIES } from '../cluster/feature.ts';
import { ensureHost } from '../cluster/host.ts';

const WORKER = 'quay.io/acme/worker:1.0';
const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;
const TO_WORKER = `localhost:31999/quay.io/acme/worker:1.0@${digestOf('a')}`;
const TO_NGINX = `localhost:31999/docker.io/library/nginx:latest@${digestOf('b')}`;
/** As many as a large platform has. */
const others = Array.from({ length: 600 }, (_, index): [string, string] => [
  `registry.example/some/team/with-a-longer-name/service-${index}:v1.2.${index}`,
  `localhost:31999/registry.example/some/team/with-a-longer-name/service-${index}:v1.2.${index}@${digestOf('c')}`,
]);
const images = new Map([[WORKER, TO_WORKER], ['nginx', TO_NGINX], ...others]);

describe('images of pods that are made later', { timeout: 300_000 }, () => {
  let cluster: Cluster;
  let forward: ApiForward;
  let folder: string;
  let client: KubeClient;
  const signal = AbortSignal.timeout(290_000);

  const drift = async () =>
    (await imageWayDrift({ client, images, id: 'test', signal })).map(({ kind }) => kind);

  before(async () => {
    await ensureHost({ install: true });
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    cluster = await startCluster({ name: 'matrix-policy', programs, apiServer: MUTATING_POLICIES });
    forward = await forwardApi(cluster);
    folder = await mkdtemp(join(tmpdir(), 'skerry-policy-'));
    client = await connectCluster({ path: await forward.kubeconfig(cluster.kubeconfig, folder) });
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-system' } });
    // Made before the policy: it keeps its image whatever is changed about it.
    await client.create(pod('old', [{ name: 'a', image: WORKER }]));
  });
  after(async () => {
    forward?.close();
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  test('are turned to the private registry where the cluster has policies for it', async () => {
    assert.deepEqual(await applyImageWay({ client, images, id: 'test', signal }), {
      way: 'policy',
      apiVersion: 'admissionregistration.k8s.io/v1beta1',
      works: true,
    });
    assert.deepEqual(await drift(), []);
    assert.equal((await readImageWay(client, signal))?.works, true);
  });

  test('in all containers, under any spelling, and only images of the release', async () => {
    const made = await client.create({
      ...pod('new', [
        { name: 'a', image: 'elsewhere.example/app:1' },
        { name: 'b', image: 'nginx' },
        // Two of a name: server-side apply would refuse them, a patch does not mind.
        { name: 'c', image: WORKER, imagePullPolicy: 'Never', env: [env('X', '1'), env('X', '2')] },
        { name: 'd', image: `docker.io/library/nginx@${digestOf('b')}` },
        { name: 'e', image: 'docker.io/nginx:latest' },
        { name: 'f', image: TO_WORKER },
        { name: 'g', image: 'registry.example/some/team/with-a-longer-name/service-599:v1.2.599' },
      ]),
    });
    assert.deepEqual(imagesOf(made, 'initContainers'), [TO_WORKER]);
    assert.deepEqual(imagesOf(made, 'containers'), [
      'elsewhere.example/app:1',
      TO_NGINX,
      TO_WORKER,
      TO_NGINX,
      TO_NGINX,
      TO_WORKER,
      others.at(-1)?.[1],
    ]);
    assert.equal(textAt(listAt(made, 'spec', 'containers')[2], 'imagePullPolicy'), 'Never');
  });

  test('in an ephemeral container too', async () => {
    const path = '/api/v1/namespaces/default/pods/new/ephemeralcontainers';
    const found = await client.get(pod('new', []));
    assert.ok(found);
    const spec = { ...Object(found.spec), ephemeralContainers: [{ name: 'debug', image: 'nginx:latest' }] };
    const answer = await cluster.api.request(path, { method: 'PUT', body: { ...found, spec } });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual(imagesOf(await client.get(pod('new', [])), 'ephemeralContainers'), [TO_NGINX]);
  });

  test('but not in a container that is there already, unless its image changes', async () => {
    const old = await client.get(pod('old', []));
    assert.ok(old);
    const labelled = await client.replace({
      ...old,
      metadata: { ...old.metadata, labels: { touched: 'yes' } },
    });
    assert.deepEqual(imagesOf(labelled, 'containers'), [WORKER]);
    const containers = listAt(labelled, 'spec', 'containers').map((each) => ({
      ...Object(each),
      image: 'nginx',
    }));
    const changed = await client.replace({ ...labelled, spec: { ...Object(labelled.spec), containers } });
    assert.deepEqual(imagesOf(changed, 'containers'), [TO_NGINX]);
  });

  test('nor where it is asked that they stay as written', async () => {
    const labels = { 'skerry.dev/images-as-written': 'true' };
    const one = pod('as-written', [{ name: 'a', image: WORKER }]);
    const made = await client.create({ ...one, metadata: { ...one.metadata, labels } });
    assert.deepEqual(imagesOf(made, 'containers'), [WORKER]);
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'as-written', labels } });
    const there = await client.create(
      { ...one, metadata: { name: 'one', namespace: 'as-written' } },
      { dryRun: true },
    );
    assert.deepEqual(imagesOf(there, 'containers'), [WORKER]);
  });

  test('what somebody changed of it is noticed and mended', async () => {
    for (const reference of await imageWayReferences(client, signal)) {
      const found = await client.get(reference);
      assert.ok(found, reference.kind);
      const spoilt =
        found.kind === 'ConfigMap'
          ? { ...found, data: { ...Object(found.data), more: 'x' } }
          : {
              ...found,
              spec: {
                ...Object(found.spec),
                ...(found.kind.endsWith('Binding')
                  ? { paramRef: { name: 'x', parameterNotFoundAction: 'Allow', namespace: 'default' } }
                  : { failurePolicy: 'Fail' }),
              },
            };
      await client.replace(spoilt);
      assert.deepEqual(
        (await imageWayDrift({ client, images, id: 'test', signal })).map(({ kind }) => kind),
        [found.kind],
      );
      assert.equal((await applyImageWay({ client, images, id: 'test', signal })).works, true);
      assert.deepEqual(await drift(), []);
    }
  });

  test('are left alone again once it is taken away by name', async () => {
    for (const reference of await imageWayReferences(client, signal))
      assert.ok(await client.delete(reference));
    assert.equal(await readImageWay(client, signal), undefined);
  });
});

const env = (name: string, value: string) => ({ name, value });

function pod(name: string, containers: readonly object[]): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      // Nothing is to run: what was admitted is what counts.
      schedulerName: 'nobody',
      initContainers: [{ name: 'first', image: name === 'old' ? 'x.example/y' : WORKER }],
      containers,
    },
  };
}

function imagesOf(object: KubeObject | undefined, list: string): (string | undefined)[] {
  return listAt(object, 'spec', list).map((container) => textAt(container, 'image'));
}
