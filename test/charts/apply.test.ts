import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import { waitHealthy } from '../../apply/health/wait-healthy.ts';
import type { Helm } from '../../apply/helm/helm.ts';
import { failUnfinishedRelease, readLatestRecord, readRecords } from '../../apply/helm/helm-release.ts';
import { applyObjects, describeApplied } from '../../apply/inventory/apply-objects.ts';
import { applyCrds } from '../../apply/inventory/crds.ts';
import { deleteObjects } from '../../apply/inventory/delete-objects.ts';
import { readInventory } from '../../apply/inventory/inventory.ts';
import { at, listAt, textAt } from '../../apply/json.ts';
import { parseManifests } from '../../apply/manifest.ts';
import { formatId, type KubeObject } from '../../apply/object.ts';
import { diffComponent } from '../../apply/release/diff.ts';
import { componentHistory } from '../../apply/release/history.ts';
import { installComponent } from '../../apply/release/install.ts';
import { isCrd } from '../../apply/release/own-kinds.ts';
import { rollbackComponent } from '../../apply/release/rollback.ts';
import { uninstallComponent } from '../../apply/release/uninstall.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { PAUSE_IMAGE } from '../cluster/configuration.ts';
import { type ApplySite, startApplySite, TALKER } from './apply-site.ts';
import { killHelm } from './kill-helm.ts';

const CHART = join(import.meta.dirname, '../../apply/fixtures/chart');

describe('applying to a real cluster', { timeout: 600_000 }, () => {
  let site: ApplySite;
  let cluster: Cluster;
  let client: KubeClient;
  let helm: Helm;

  before(async () => {
    site = await startApplySite('apply');
    ({ cluster, client, helm } = site);
  });
  after(() => site?.stop());

  describe('objects', () => {
    const inventory = { name: 'objects', namespace: 'island' };
    const manifests = (color: string) =>
      parseManifests(
        `
apiVersion: tiny.example/v1
kind: Lamp
metadata: {name: lamp, namespace: island}
spec: {color: ${color}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: ${color}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "island:reader"}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.tiny.example}
spec:
  group: tiny.example
  scope: Namespaced
  names: {kind: Lamp, plural: lamps, singular: lamp, listKind: LampList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {color: {type: string}}}}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: island}
`,
        'test',
      );
    const apply = async (color: string, more: { dryRun?: boolean; force?: boolean } = {}) => {
      const input = { client, objects: manifests(color), inventory, namespace: 'island', ...more };
      return (await applyObjects(input)).map(describeApplied);
    };
    const all = (action: string) => [
      `Namespace island ${action}`,
      `CustomResourceDefinition.apiextensions.k8s.io lamps.tiny.example ${action}`,
      `ClusterRole.rbac.authorization.k8s.io island:reader ${action}`,
      `ConfigMap island/settings ${action}`,
      `Lamp.tiny.example island/lamp ${action}`,
    ];

    test('a dry run says what would be made and makes nothing', async () => {
      assert.deepEqual(await apply('red', { dryRun: true }), all('created'));
      assert.equal(
        await client.get({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'island' } }),
        undefined,
      );
    });

    test('everything is made in the order in which it is needed, and written down', async () => {
      assert.deepEqual(await apply('red'), all('created'));
      const ids = (await readInventory(client, inventory)).map((id) => `${formatId(id)} created`);
      assert.deepEqual(ids.sort(), all('created').sort());
    });

    test('a second time changes nothing and says so', async () => {
      const before = await client.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'island' });
      assert.deepEqual(await apply('red'), all('unchanged'));
      const after = await client.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'island' });
      assert.deepEqual(after.items, before.items);
    });

    test('what was changed is configured, the rest is not', async () => {
      const changed = (await apply('blue')).filter((line) => !line.endsWith('unchanged'));
      assert.deepEqual(changed, [
        'ConfigMap island/settings configured',
        'Lamp.tiny.example island/lamp configured',
      ]);
    });

    test('a field of another manager is a conflict that names it, and is taken over by force', async () => {
      const metadata = { name: 'settings', namespace: 'island' };
      const answer = await cluster.api.request(
        '/api/v1/namespaces/island/configmaps/settings?fieldManager=kubectl&force=true',
        {
          method: 'PATCH',
          contentType: 'application/apply-patch+yaml',
          body: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { color: 'green' } },
        },
      );
      assert.equal(answer.status, 200);
      await assert.rejects(apply('blue'), (error) => {
        assert.ok(isSkerryError(error, 'APPLY_CONFLICT'), String(error));
        assert.equal(error.subject, 'ConfigMap island/settings');
        assert.match(String(error.detail), /conflict with "kubectl".*\.data\.color/);
        return true;
      });
      await apply('blue', { force: true });
      const settings = await client.get({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
      assert.equal(textAt(settings, 'data', 'color'), 'blue');
    });

    test('what is absent from the next apply stays, what is named is deleted', async () => {
      const [, settings] = manifests('blue');
      assert.ok(settings !== undefined);
      await applyObjects({ client, objects: [settings], inventory, namespace: 'island' });
      assert.equal((await readInventory(client, inventory)).length, 5);
      const ids = await readInventory(client, inventory);
      const named = ids.filter(({ kind }) => kind !== 'Namespace');
      const deleted = await deleteObjects({ client, ids: named, inventory, timeoutMs: 60_000 });
      assert.deepEqual(
        deleted.map(({ id, action }) => `${id.kind} ${action}`),
        ['Lamp deleted', 'ConfigMap deleted', 'ClusterRole deleted', 'CustomResourceDefinition deleted'],
      );
      assert.deepEqual(
        await readInventory(client, inventory),
        ids.filter(({ kind }) => kind === 'Namespace'),
      );
      assert.ok(await client.get({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'island' } }));
    });

    test('whoever has no permission is told what is missing', async () => {
      const path = await site.forward.kubeconfig(await cluster.userKubeconfig('guest'), site.folder);
      const guest = await connectCluster({ path });
      const access = { verb: 'create', group: 'apps', resource: 'deployments', namespace: 'default' };
      assert.equal((await guest.canI(access)).allowed, false);
      assert.equal((await client.canI(access)).allowed, true);
      await assert.rejects(guest.list({ apiVersion: 'v1', kind: 'Pod' }), (error) =>
        isSkerryError(error, 'CLUSTER_FORBIDDEN'),
      );
    });

    test('a watch tells what was there, what came and what went', async () => {
      const controller = new AbortController();
      const object: KubeObject = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'seen', namespace: 'default' },
      };
      const seen: string[] = [];
      const selection = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: 'default',
        fieldSelector: 'metadata.name=seen',
      };
      for await (const event of client.watch(selection, controller.signal)) {
        seen.push(event.type);
        if (event.type === 'listed') await client.apply(object);
        if (event.type === 'added') await client.apply({ ...object, data: { a: '1' } });
        if (event.type === 'modified') await client.delete(object);
        if (event.type === 'deleted') controller.abort();
      }
      assert.deepEqual(seen, ['listed', 'added', 'modified', 'deleted']);
    });
  });

  describe('charts', () => {
    const release = { name: 'tiny', namespace: 'charts' };
    const chart = {
      ...release,
      chart: CHART,
      createNamespace: true,
      values: { image: PAUSE_IMAGE, hookImage: TALKER },
      timeoutMs: 90_000,
    };
    // A hook whose image is nowhere: helm waits for it until it is stopped.
    const endless = {
      ...chart,
      values: { ...chart.values, hookImage: 'registry.example/team/never:1.0' },
      timeoutMs: 120_000,
    };

    test("a chart's CRDs are served before the chart comes, and upgraded with it", async () => {
      const crds = parseManifests(await helm.template({ ...chart, includeCrds: true }), 'tiny').filter(isCrd);
      await applyCrds({ client, crds });
      assert.equal((await client.resource('tiny.example/v1', 'Thing')).plural, 'things');
      const [crd] = crds;
      assert.ok(crd !== undefined);
      const newer = structuredClone(crd);
      const schema = at(
        listAt(newer, 'spec', 'versions')[0],
        'schema',
        'openAPIV3Schema',
        'properties',
        'spec',
        'properties',
      );
      Object.assign(Object(schema), { size: { type: 'integer' } });
      await applyCrds({ client, crds: [newer] });
      const thing = {
        apiVersion: 'tiny.example/v1',
        kind: 'Thing',
        metadata: { name: 'a', namespace: 'default' },
        spec: { size: 3 },
      };
      assert.deepEqual((await client.apply(thing)).spec, { size: 3 });
    });

    test('what was installed runs, and helm remembers it', async () => {
      const installed = await helm.install({ ...chart, values: { ...chart.values, secret: 'sesame' } });
      assert.deepEqual(installed, { ...release, revision: 1, status: 'deployed' });
      const objects = parseManifests((await helm.manifest(release)) ?? '', 'tiny').map((object) => ({
        ...object,
        metadata: { ...object.metadata, namespace: release.namespace },
      }));
      await waitHealthy({ client, objects, timeoutMs: 90_000 });
      assert.deepEqual(await imagesIn(client, release.namespace), [PAUSE_IMAGE, TALKER]);
      const stored = objects.find(({ kind }) => kind === 'Deployment');
      assert.equal(at(listAt(stored, 'spec', 'template', 'spec', 'containers')[0], 'image'), PAUSE_IMAGE);
      assert.deepEqual(await helm.values(release), { ...chart.values, secret: 'sesame' });
    });

    test('helm that was killed leaves the release busy; marked as failed, the upgrade goes on', async () => {
      const upgrade = helm.upgrade(endless).catch((error: unknown) => error);
      await until(async () => (await helm.status(release))?.status === 'pending-upgrade');
      await killHelm();
      assert.ok(isSkerryError(await upgrade, 'HELM_FAILED'));
      await assert.rejects(helm.upgrade(chart), (error) => isSkerryError(error, 'HELM_RELEASE_BUSY'));
      assert.deepEqual(await failUnfinishedRelease(client, release), [
        'Secret charts/sh.helm.release.v1.tiny.v2',
      ]);
      assert.equal((await helm.status(release))?.status, 'failed');
      assert.deepEqual(await helm.upgrade(chart), { ...release, revision: 3, status: 'deployed' });
      assert.deepEqual(await failUnfinishedRelease(client, release), []);
    });

    test('an abort ends helm cleanly: the release is failed, not busy', async () => {
      const controller = new AbortController();
      const upgrade = helm.upgrade({ ...endless, signal: controller.signal });
      const reason = new Error('stop');
      const caught = assert.rejects(upgrade, (error) => error === reason);
      await until(async () => (await helm.status(release))?.status === 'pending-upgrade');
      controller.abort(reason);
      await caught;
      assert.equal((await helm.status(release))?.status, 'failed');
      assert.equal((await helm.upgrade(chart)).status, 'deployed');
    });

    test('what helm keeps is read as helm tells it', async () => {
      const records = await readRecords(client, release);
      assert.deepEqual(
        records.map(({ revision, status }) => `${revision} ${status}`),
        ['1 superseded', '2 failed', '3 superseded', '4 failed', '5 deployed'],
      );
      const latest = await readLatestRecord(client, release);
      assert.equal(latest?.manifest.trim(), (await helm.manifest(release))?.trim());
      assert.deepEqual(
        latest?.hooks.map((text) => parseManifests(text, 'tiny').map(({ kind }) => kind)),
        [['Job']],
      );
    });

    test('an uninstalled release is gone', async () => {
      assert.equal(await helm.uninstall(release), true);
      assert.equal(await helm.status(release), undefined);
      assert.equal(await helm.uninstall(release), false);
      assert.equal(
        await client.get({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: release }),
        undefined,
      );
    });
  });

  describe('actions', () => {
    const hook = (name: string, events: string) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, annotations: { 'helm.sh/hook': events } },
      spec: {
        backoffLimit: 0,
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [{ name: 'c', image: 'images.example/talker:1', args: ['version'] }],
          },
        },
      },
    });
    const files = {
      'templates/c.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: "{{ .Values.color }}"}
---
apiVersion: v1
kind: Secret
metadata: {name: secret}
stringData: {color: "{{ .Values.color }}"}
---
{{- if eq .Values.color "blue" }}
apiVersion: v1
kind: ConfigMap
metadata: {name: only-blue}
{{- end }}
`,
      'templates/rollback.yaml': JSON.stringify(hook('rollback', 'pre-rollback,post-rollback')),
      'templates/delete.yaml': JSON.stringify(hook('delete', 'post-delete')),
    };
    const component = (color: string) => site.component('actions', files, { values: { color } });
    const named = { name: 'actions', namespace: 'actions', timeoutMs: 60_000 };
    const onProgress = () => undefined;
    const install = async (color: string) =>
      installComponent(site.engine(), await component(color), { onCrds: async () => undefined, onProgress });
    const get = (kind: string, name: string) =>
      client.get({ apiVersion: 'v1', kind, metadata: { name, namespace: 'actions' } });
    const color = async () => textAt(await get('ConfigMap', 'settings'), 'data', 'color');

    test('a diff says what would be made, and nothing is', async () => {
      const { changes, conflicts } = await diffComponent(site.engine(), await component('red'));
      assert.deepEqual(changes.map(({ object, action }) => `${action} ${object}`).sort(), [
        'create ConfigMap actions/settings',
        'create Secret actions/secret',
      ]);
      assert.deepEqual(conflicts, []);
      assert.equal(await get('ConfigMap', 'settings'), undefined);
    });

    test('a diff says what would be changed, field by field, and no secret', async () => {
      await install('blue');
      assert.deepEqual((await diffComponent(site.engine(), await component('blue'))).changes, []);
      const { changes } = await diffComponent(site.engine(), await component('red'));
      assert.deepEqual(
        changes.toSorted((a, b) => a.object.localeCompare(b.object)),
        [
          { object: 'ConfigMap actions/only-blue', action: 'delete', fields: [] },
          {
            object: 'ConfigMap actions/settings',
            action: 'change',
            fields: [{ field: 'data.color', before: 'blue', after: 'red' }],
          },
          {
            object: 'Secret actions/secret',
            action: 'change',
            fields: [{ field: 'data.color', before: 'hidden', after: 'hidden' }],
          },
        ],
      );
      assert.equal(await color(), 'blue');
    });

    test('a rollback brings an earlier revision back, hooks and all', async () => {
      await install('red');
      assert.equal(await get('ConfigMap', 'only-blue'), undefined);
      await rollbackComponent(site.engine(), named, { revision: 1, onProgress });
      assert.equal(await color(), 'blue');
      assert.ok(await get('ConfigMap', 'only-blue'));
      const job = await client.get({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'rollback', namespace: 'actions' },
      });
      assert.equal(at(job, 'status', 'succeeded'), 1);
      const history = await componentHistory(site.engine(), named);
      assert.deepEqual(
        history.map(({ revision, status }) => `${revision} ${status}`),
        ['1 superseded', '2 superseded', '3 deployed'],
      );
    });

    test('a revision that is not there is refused, and so is a field of somebody else', async () => {
      const before = await componentHistory(site.engine(), named);
      await assert.rejects(rollbackComponent(site.engine(), named, { revision: 9, onProgress }), (error) =>
        isSkerryError(error, 'REVISION_UNKNOWN'),
      );
      const body = { data: { color: 'mine' } };
      const path = '/api/v1/namespaces/actions/configmaps/settings?fieldManager=kubectl-edit';
      await cluster.api.request(path, { method: 'PATCH', contentType: 'application/merge-patch+json', body });
      await assert.rejects(rollbackComponent(site.engine(), named, { revision: 2, onProgress }), (error) =>
        isSkerryError(error, 'APPLY_CONFLICT'),
      );
      assert.deepEqual(await componentHistory(site.engine(), named), before);
      await rollbackComponent(site.engine(), named, { revision: 2, onConflict: 'take', onProgress });
      assert.equal(await color(), 'red');
    });

    test('an uninstalled component is gone, after its delete hooks', async () => {
      const reader = { client, helm, signal: new AbortController().signal };
      assert.equal(await uninstallComponent(reader, named, onProgress), true);
      assert.equal(await get('ConfigMap', 'settings'), undefined);
      assert.deepEqual(await componentHistory(site.engine(), named), []);
      const job = await client.get({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'delete', namespace: 'actions' },
      });
      assert.equal(at(job, 'status', 'succeeded'), 1);
      assert.equal(await uninstallComponent(reader, named, onProgress), false);
    });
  });

  describe('health', { concurrency: true }, () => {
    const workload = (name: string, container: object, more: object = {}): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'default' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', ...container }], ...more },
        },
      },
    });
    const wait = async (
      object: KubeObject,
      timeoutMs: number,
      patienceMs: number,
    ): Promise<SkerryError | undefined> => {
      await client.apply(object);
      try {
        await waitHealthy({ client, objects: [object], timeoutMs, patienceMs });
        return undefined;
      } catch (error) {
        assert.ok(isSkerryError(error), String(error));
        return error;
      } finally {
        await client.delete(object);
      }
    };

    test('a Deployment that runs is healthy', async () => {
      assert.equal(await wait(workload('good', { image: PAUSE_IMAGE }), 60_000, 30_000), undefined);
    });

    test('an image that is nowhere is named with its container', async () => {
      const error = await wait(workload('nowhere', { image: 'registry.example/no/where:1' }), 120_000, 2000);
      assert.equal(error?.code, 'WORKLOAD_FAILED');
      assert.equal(error?.subject, 'Deployment.apps default/nowhere');
      assert.match(
        String(error?.detail),
        /container main, image registry\.example\/no\/where:1: (ErrImagePull|ImagePullBackOff)/,
      );
    });

    test('a container that crashes is reported with its exit code and its last words', async () => {
      const error = await wait(workload('crash', { image: TALKER, args: ['nonsense'] }), 120_000, 2000);
      assert.equal(error?.code, 'WORKLOAD_FAILED');
      assert.match(
        String(error?.detail),
        /container main.*exit code 1.*its log ends with: .*unknown command "nonsense"/s,
      );
    });

    test('a claim that no storage class serves is named', async () => {
      const claim: KubeObject = {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', namespace: 'default' },
        spec: {
          storageClassName: 'nope',
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Mi' } },
        },
      };
      await client.apply(claim);
      const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
      const error = await wait(workload('claims', { image: PAUSE_IMAGE }, { volumes }), 120_000, 2000);
      await client.delete(claim);
      assert.equal(error?.code, 'WORKLOAD_FAILED');
      assert.match(String(error?.detail), /PersistentVolumeClaim default\/data: NoStorageClass: .*nope/);
    });

    test('a probe that never succeeds is a timeout that tells what the probe said', async () => {
      const readinessProbe = { tcpSocket: { port: 9 }, periodSeconds: 1 };
      const error = await wait(workload('unready', { image: PAUSE_IMAGE, readinessProbe }), 25_000, 60_000);
      assert.equal(error?.code, 'HEALTH_TIMEOUT');
      assert.match(String(error?.detail), /Unhealthy: Readiness probe failed/);
    });

    test('a pod that admission refuses is reported in the words of the cluster', async () => {
      const metadata = { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } };
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
      const object = workload('refused', { image: PAUSE_IMAGE });
      const error = await wait(
        { ...object, metadata: { name: 'refused', namespace: 'strict' } },
        20_000,
        60_000,
      );
      assert.equal(error?.code, 'WORKLOAD_FAILED');
      assert.match(String(error?.detail), /FailedCreate: .*violates PodSecurity/);
    });

    test('a Job is healthy when it is done, and failed when it failed', async () => {
      const job = (name: string, args: string[]): KubeObject => ({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name, namespace: 'default' },
        spec: {
          backoffLimit: 0,
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: TALKER, args }] } },
        },
      });
      assert.equal(await wait(job('done', ['version']), 60_000, 60_000), undefined);
      const error = await wait(job('undone', ['nonsense']), 60_000, 60_000);
      assert.equal(error?.code, 'WORKLOAD_FAILED');
      assert.match(String(error?.detail), /unknown command "nonsense"/);
    });
  });
});

async function imagesIn(client: KubeClient, namespace: string): Promise<string[]> {
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace });
  const images = items.flatMap((pod) =>
    listAt(pod, 'spec', 'containers').map((container) => String(at(container, 'image'))),
  );
  return [...new Set(images)].sort();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}
