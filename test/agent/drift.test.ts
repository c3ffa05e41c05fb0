import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import { systemClock } from '../../apply/clock.ts';
import { applyCrds } from '../../apply/inventory/crds.ts';
import { listAt, numberAt, textAt } from '../../apply/json.ts';
import { parseManifests } from '../../apply/manifest.ts';
import type { KubeObject } from '../../apply/object.ts';
import type { DriftLayer, DriftWatch } from '../../platform/agent/drift/drift-watch.ts';
import { asCrdOfLayer, layerCrds } from '../../platform/agent/drift/layer-crds.ts';
import { HELM_MANAGER, releaseObjects } from '../../platform/agent/drift/release-objects.ts';
import { watchDrift } from '../../platform/agent/drift/watch-drift.ts';
import type { DriftItem } from '../../platform/api/cluster-status.ts';
import type { DriftPolicy } from '../../platform/api/drift-policy.ts';
import { type ApplySite, startApplySite } from '../charts/apply-site.ts';
import { crdManifests, DRIFT_CHARTS } from './drift-charts.ts';

/** What a change may take until it is put back; nothing here comes near it. */
const LIMIT_MS = 10_000;
const QUIET_MS = Number(process.env.SKERRY_DRIFT_QUIET_SECONDS ?? 20) * 1000;
/** The client's own name, under which CRDs are applied. */
const CRD_MANAGER = 'skerry';
const CORRECT: DriftPolicy = { mode: 'correct' };

const quietSchema = z.object({
  reported: z.array(z.unknown()),
  problems: z.array(z.unknown()),
  objects: z.number(),
  before: z.number(),
  rss: z.number(),
});

type Reference = Parameters<KubeClient['get']>[0];

describe('drift on a real cluster', { timeout: QUIET_MS + 420_000 }, () => {
  let site: ApplySite;
  let client: KubeClient;
  let crds: readonly KubeObject[] = [];
  let authority = '';
  const took: number[] = [];

  before(async () => {
    site = await startApplySite('drift');
    client = site.client;
    authority = await readFile(join(site.cluster.folder, 'pki/ca.crt'), 'base64');
    crds = parseManifests(crdManifests(authority), 'crds').map((crd) => asCrdOfLayer(crd, 'wells'));
    await applyCrds({ client, crds });
    for (const [name, manifests] of Object.entries(DRIFT_CHARTS)) await install(name, manifests);
  });
  after(async () => {
    const sorted = took.toSorted((a, b) => a - b);
    const share = (part: number) => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0);
    console.log(`put back: ${sorted.length} changes, median ${share(0.5)} ms, longest ${share(0.999)} ms`);
    await site?.stop();
  });

  async function install(name: string, manifests: string): Promise<void> {
    const chart = join(site.folder, `drift-${name}`);
    await mkdir(join(chart, 'templates'), { recursive: true });
    await writeFile(join(chart, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`);
    await writeFile(join(chart, 'templates/all.yaml'), manifests);
    await site.helm.install({ name, namespace: name, chart, createNamespace: true });
  }

  async function layerOf(name: string, policy: DriftPolicy = CORRECT): Promise<DriftLayer> {
    const objects = await releaseObjects(client, { name, namespace: name });
    assert.ok(objects !== undefined && objects.length > 0, `${name} is not deployed`);
    return { name, namespace: name, objects, fieldManager: HELM_MANAGER, policy };
  }

  const crdLayer = (): DriftLayer => ({
    name: 'wells',
    namespace: 'wells',
    objects: crds,
    fieldManager: CRD_MANAGER,
    policy: CORRECT,
  });

  /** Watches while `work` goes on; all that was ever reported is kept. */
  async function watching(
    layers: readonly DriftLayer[],
    work: (watch: DriftWatch, reported: readonly DriftItem[]) => Promise<void>,
  ): Promise<readonly DriftItem[]> {
    const stop = new AbortController();
    const reported: DriftItem[] = [];
    const onChange = (items: readonly DriftItem[]) => void reported.push(...items);
    const watch = watchDrift({ client, layers, clock: systemClock, signal: stop.signal, onChange });
    try {
      await until('all is looked at', () => watch.settled().then(() => true));
      await work(watch, reported);
      return reported;
    } finally {
      stop.abort();
      await watch.closed;
    }
  }

  const web: Reference = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'web' },
  };
  const inWeb = (apiVersion: string, kind: string): Reference => ({ ...web, apiVersion, kind });
  const read = async (reference: Reference): Promise<KubeObject> => {
    const object = await client.get(reference);
    assert.ok(object !== undefined, `${reference.kind} ${reference.metadata.name}`);
    return object;
  };

  /** Changes an object as kubectl edit and kubectl patch do. */
  async function patch(
    reference: Reference,
    body: object,
    { manager = 'kubectl-edit', type = 'merge', subresource = '' } = {},
  ): Promise<void> {
    const { plural } = await client.resource(reference.apiVersion, reference.kind);
    const { name, namespace } = reference.metadata;
    const group = reference.apiVersion.includes('/') ? 'apis' : 'api';
    const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
    const path = `/${group}/${reference.apiVersion}${within}/${plural}/${name}${subresource}?fieldManager=${manager}`;
    const contentType = `application/${type}-patch+json`;
    const answer = await site.cluster.api.request(path, { method: 'PATCH', body, contentType });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
  }

  async function until(what: string, holds: () => Promise<boolean>, ms = LIMIT_MS): Promise<void> {
    const limit = performance.now() + ms;
    while (!(await holds())) {
      assert.ok(performance.now() < limit, `${what}: not within ${ms} ms`);
      await sleep(25);
    }
  }

  /** Waits until it holds, and keeps how long that took. */
  async function putBack(what: string, holds: () => Promise<boolean>): Promise<void> {
    const began = performance.now();
    await until(what, holds);
    took.push(performance.now() - began);
  }

  const same = (a: readonly string[], b: readonly string[]) => [...a].sort().join() === [...b].sort().join();

  /** Waits for an item about an object in a state. */
  async function itemOf(watch: DriftWatch, object: string, state: DriftItem['state']): Promise<DriftItem> {
    const find = () => watch.now().find((item) => item.object === object && item.state === state);
    await until(`${object} ${state}`, async () => find() !== undefined);
    const item = find();
    assert.ok(item !== undefined);
    return item;
  }

  const WEB = 'Deployment.apps web/web';
  const image = async () =>
    textAt(listAt(await read(web), 'spec', 'template', 'spec', 'containers')[0], 'image');
  const setImage = (to: string) => ({
    spec: { template: { spec: { containers: [{ name: 'main', image: to }] } } },
  });

  test('what others change is put back, and said with the manager and its fields', async () => {
    await watching(
      [await layerOf('web'), await layerOf('secrets'), await layerOf('wells')],
      async (watch) => {
        const before = await image();
        await patch(web, setImage('other:1'), { type: 'strategic-merge' });
        await putBack('image', async () => (await image()) === before);
        const edited = await itemOf(watch, WEB, 'corrected');
        assert.equal(edited.by, 'kubectl-edit');
        assert.deepEqual(edited.fields, ['.spec.template.spec.containers[name="main"].image']);

        await client.apply(
          { ...web, metadata: { ...web.metadata, labels: { team: 'blue' } } },
          { fieldManager: 'other-team', force: true },
        );
        await putBack('label set by apply', async () => (await read(web)).metadata.labels?.team === 'red');
        await until('the other team', async () =>
          watch
            .now()
            .some(({ by, fields }) => by === 'other-team' && same(fields, ['.metadata.labels.team'])),
        );

        await patch(web, { metadata: { labels: { team: null } } });
        await putBack('removed label', async () => (await read(web)).metadata.labels?.team === 'red');

        await patch(web, { spec: { replicas: 3 } }, { manager: 'kubectl', subresource: '/scale' });
        await putBack('replicas', async () => numberAt(await read(web), 'spec', 'replicas') === 1);
        await until('who scaled', async () =>
          watch
            .now()
            .some(
              ({ by, fields }) => by === 'kubectl, subresource scale' && same(fields, ['.spec.replicas']),
            ),
        );

        const map = inWeb('v1', 'ConfigMap');
        await patch(map, { data: { a: '2', b: 'theirs' } });
        await putBack('data', async () => textAt(await read(map), 'data', 'a') === '1');
        assert.equal(textAt(await read(map), 'data', 'b'), 'theirs');

        const secret = reference('v1', 'Secret', 'secrets', 'plain');
        const password = Buffer.from('swordfish').toString('base64');
        await patch(secret, { data: { password: 'eA==' } });
        await putBack('password', async () => textAt(await read(secret), 'data', 'password') === password);

        const well = reference('tiny.example/v1', 'Well', 'wells', 'deep');
        await patch(well, { spec: { depth: 3, pumps: [{ name: 'two', power: 2 }] } });
        await putBack('a custom resource', async () => {
          const object = await read(well);
          return numberAt(object, 'spec', 'depth') === 20 && listAt(object, 'spec', 'pumps').length === 2;
        });
      },
    );
  });

  test('what others delete is there again, a kind with its objects as well', async () => {
    await watching([crdLayer(), await layerOf('web'), await layerOf('wells')], async (watch) => {
      for (const object of [inWeb('v1', 'ConfigMap'), inWeb('v1', 'Service'), web]) {
        await client.delete(object);
        await putBack(`${object.kind} deleted`, async () => (await client.get(object)) !== undefined);
      }
      const item = await itemOf(watch, 'Service web/web', 'corrected');
      assert.deepEqual([item.what, item.fields], ['deleted', []]);

      await client.delete(
        reference('apiextensions.k8s.io/v1', 'CustomResourceDefinition', undefined, 'wells.tiny.example'),
      );
      await until('the wells are gone', async () =>
        watch.now().some(({ object }) => object.startsWith('Well.')),
      );
      await putBack('kind and object', async () => {
        const found = await client
          .get(reference('tiny.example/v1', 'Well', 'wells', 'deep'))
          .catch(() => undefined);
        return numberAt(found, 'spec', 'depth') === 20 && found?.metadata.deletionTimestamp === undefined;
      });
    });
  });

  test('what was applied can be read back from the cluster, where no release holds it', async () => {
    const [found, ...more] = await layerCrds(client, { name: 'wells', namespace: 'wells', policy: CORRECT });
    assert.deepEqual([found?.fieldManager, more], [CRD_MANAGER, []]);
    const specs = (objects: readonly KubeObject[] = []) =>
      new Map(objects.map(({ metadata, spec }) => [metadata.name, spec]));
    assert.deepEqual(specs(found?.objects), specs(crds));
  });

  test('what others have to set is left to them', async () => {
    const names = ['web', 'scaled', 'hooks', 'secrets', 'wells', 'limits'];
    const layers = [crdLayer(), ...(await Promise.all(names.map((name) => layerOf(name))))];
    const scaled = reference('apps/v1', 'Deployment', 'scaled', 'scaled');
    const webhooks = reference(
      'admissionregistration.k8s.io/v1',
      'MutatingWebhookConfiguration',
      undefined,
      'drift-hooks',
    );
    const cask = reference(
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      undefined,
      'casks.tiny.example',
    );
    const filled = reference('v1', 'Secret', 'secrets', 'filled-later');
    const well = reference('tiny.example/v1', 'Well', 'wells', 'deep');
    const other = Buffer.concat([Buffer.from(authority, 'base64'), Buffer.from('\n')]).toString('base64');
    const reported = await watching(layers, async () => {
      await patch(
        scaled,
        { spec: { replicas: 2 } },
        { manager: 'kube-controller-manager', subresource: '/scale' },
      );
      await patch(
        webhooks,
        [0, 1].map((index) => ({
          op: 'add',
          path: `/webhooks/${index}/clientConfig/caBundle`,
          value: other,
        })),
        { manager: 'cainjector', type: 'json' },
      );
      await patch(
        cask,
        { spec: { conversion: { webhook: { clientConfig: { caBundle: other } } } } },
        { manager: 'a-job' },
      );
      await patch(filled, { data: { 'ca.crt': 'eA==', 'tls.key': 'eQ==' } }, { manager: 'a-job' });
      const restartedAt = new Date().toISOString();
      const annotations = { 'kubectl.kubernetes.io/restartedAt': restartedAt };
      await patch(web, { spec: { template: { metadata: { annotations } } } }, { manager: 'kubectl-rollout' });
      await patch(web, {
        metadata: { annotations: { 'tiny.example/note': 'theirs' }, labels: { more: 'theirs' } },
      });
      await patch(
        web,
        {
          spec: {
            template: { spec: { containers: [{ name: 'main', resources: { limits: { cpu: '1' } } }] } },
          },
        },
        { type: 'strategic-merge' },
      );
      await patch(well, { spec: { resources: { limits: { cpu: '1' } } } }, { manager: 'an-operator' });
      await patch(well, { status: { phase: 'Wet' } }, { manager: 'an-operator', subresource: '/status' });
      await sleep(3000);
    });
    assert.deepEqual(reported, []);
    assert.equal(numberAt(await read(scaled), 'spec', 'replicas'), 2);
    assert.equal(textAt(listAt(await read(webhooks), 'webhooks')[0], 'clientConfig', 'caBundle'), other);
    assert.equal(
      textAt(await read(cask), 'spec', 'conversion', 'webhook', 'clientConfig', 'caBundle'),
      other,
    );
    assert.equal(textAt(await read(filled), 'data', 'tls.key'), 'eQ==');
    assert.equal(textAt(await read(well), 'status', 'phase'), 'Wet');
  });

  test('what an autoscaler has stays with it also when something else is put back', async () => {
    const scaled = reference('apps/v1', 'Deployment', 'scaled', 'scaled');
    await watching([await layerOf('scaled')], async () => {
      await patch(
        scaled,
        { spec: { replicas: 2 } },
        { manager: 'kube-controller-manager', subresource: '/scale' },
      );
      await patch(scaled, { metadata: { labels: { 'app.kubernetes.io/managed-by': 'nobody' } } });
      await putBack(
        'label',
        async () => (await read(scaled)).metadata.labels?.['app.kubernetes.io/managed-by'] === 'Helm',
      );
      assert.equal(numberAt(await read(scaled), 'spec', 'replicas'), 2);
    });
  });

  for (const mode of ['observe', 'alert'] as const)
    test(`${mode} only tells, until it is as it was`, async () => {
      await watching([await layerOf('web', { mode })], async (watch) => {
        const before = await image();
        await patch(web, setImage('other:2'), { type: 'strategic-merge' });
        const item = await itemOf(watch, WEB, 'found');
        assert.equal(item.by, 'kubectl-edit');
        assert.equal(item.alert, mode === 'alert' ? true : undefined);
        assert.equal(await image(), 'other:2');
        await patch(web, setImage(String(before)), { type: 'strategic-merge' });
        await until('nothing more', async () => watch.now().length === 0);
      });
    });

  test('what the policy ignores is left alone, also below a field', async () => {
    const policy: DriftPolicy = {
      mode: 'correct',
      ignore: [{ kind: 'Deployment', field: '.spec.template' }],
    };
    const before = await image();
    const reported = await watching([await layerOf('web', policy)], async () => {
      await patch(web, setImage('other:3'), { type: 'strategic-merge' });
      await sleep(2000);
    });
    assert.deepEqual(reported, []);
    assert.equal(await image(), 'other:3');
    await patch(web, setImage(String(before)), { type: 'strategic-merge' });
  });

  test('a writer that does not give up is named, and not fought any more until the policy changes', async () => {
    const map = inWeb('v1', 'ConfigMap');
    const value = async () => textAt(await read(map), 'data', 'a');
    await watching([await layerOf('web')], async (watch) => {
      for (let round = 0; round < 3; round++) {
        await patch(map, { data: { a: 'stubborn' } }, { manager: 'stubborn' });
        await putBack('data', async () => (await value()) === '1');
      }
      await patch(map, { data: { a: 'stubborn' } }, { manager: 'stubborn' });
      const item = await itemOf(watch, 'ConfigMap web/web', 'contested');
      assert.equal(item.by, 'stubborn');
      await sleep(1500);
      assert.equal(await value(), 'stubborn');
      watch.update([await layerOf('web', { mode: 'correct', ignore: [{ field: '.data.nothing' }] })]);
      await putBack('data', async () => (await value()) === '1');
    });
  });

  test('what the API server does not take back has failed, and nothing is deleted for it', async () => {
    const fixed = reference('v1', 'ConfigMap', 'secrets', 'fixed');
    await client.delete(fixed);
    const theirs = await client.create({ ...fixed, immutable: true, data: { a: 'theirs' } });
    await watching([await layerOf('secrets')], async (watch) => {
      const item = await itemOf(watch, 'ConfigMap secrets/fixed', 'failed');
      assert.equal(item.code, 'OBJECT_INVALID');
      assert.ok(item.fields.length > 0);
      await sleep(1000);
      assert.equal((await read(fixed)).metadata.uid, theirs.metadata.uid);
      await client.delete(fixed);
      await putBack('deleted by hand', async () => textAt(await client.get(fixed), 'data', 'a') === '1');
    });
  });

  test('while layers are applied nothing is put back; what changed meanwhile, or while nobody watched, is', async () => {
    const map = inWeb('v1', 'ConfigMap');
    const value = async () => textAt(await read(map), 'data', 'a');
    await patch(map, { data: { a: 'unwatched' } });
    await watching([await layerOf('web')], async (watch) => {
      await until('what nobody watched', async () => (await value()) === '1');
      await watch.paused(true);
      await patch(map, { data: { a: 'paused' } });
      await sleep(1500);
      assert.equal(await value(), 'paused');
      await watch.paused(false);
      await putBack('what was paused', async () => (await value()) === '1');
    });
  });

  test('twenty layers of all sorts stay without a finding, watched by a process that knows only the cluster', async () => {
    const names = [...Object.keys(DRIFT_CHARTS)];
    for (let index = 1; names.length < 20; index++) {
      names.push(`web-${index}`);
      await install(`web-${index}`, DRIFT_CHARTS.web ?? '');
    }
    const kubeconfig = await site.forward.kubeconfig(site.cluster.kubeconfig, site.folder);
    const program = join(import.meta.dirname, 'drift-process.ts');
    const child = spawn(process.execPath, [program, kubeconfig, ...names], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const settling = once(child.stdout, 'data', { signal: AbortSignal.timeout(120_000) });
    const output = text(child.stdout);
    try {
      await settling;
      await Promise.race([sleep(QUIET_MS), once(child, 'exit')]);
      assert.equal(child.exitCode, null, 'the watch ended early');
    } finally {
      child.stdin.end();
    }
    const [settled, said = ''] = (await output).trim().split('\n');
    assert.equal(settled, 'settled');
    const { reported, problems, objects, before, rss } = quietSchema.parse(JSON.parse(said));
    const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
    console.log(
      `watched ${names.length} layers, ${objects} objects: ${mib(rss)} MiB, of which ${mib(before)} before it began`,
    );
    assert.deepEqual({ reported, problems }, { reported: [], problems: [] });
    assert.ok(rss < 100e6 + before, 'memory');
  });

  test('a namespace that was deleted is made again with what was in it', async () => {
    await watching([await layerOf('doors')], async () => {
      await client.delete(reference('v1', 'Namespace', undefined, 'doors'));
      const balanced = reference('v1', 'Service', 'doors', 'balanced');
      await until('gone', async () => (await client.get(balanced)) === undefined, 30_000);
      await until('there again', async () => (await client.get(balanced)) !== undefined, 60_000);
    });
  });
});

function reference(apiVersion: string, kind: string, namespace: string | undefined, name: string): Reference {
  return { apiVersion, kind, metadata: namespace === undefined ? { name } : { name, namespace } };
}
