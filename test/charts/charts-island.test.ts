import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readRecords } from '../../apply/helm/helm-release.ts';
import { at, listAt, textAt } from '../../apply/json.ts';
import type { Component } from '../../apply/release/component.ts';
import { installComponent } from '../../apply/release/install.ts';
import type { ConflictPolicy } from '../../apply/release/owners.ts';
import { readComponents } from '../../apply/release/state.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { type ApplySite, startApplySite, TALKER } from './apply-site.ts';
import { killHelm } from './kill-helm.ts';

/** A hook that runs the talker; it takes `seconds`, since its container counts as started only after them. */
function job(name: string, hook: string, args: string[], more: { policy?: string; seconds?: number } = {}) {
  const { policy, seconds } = more;
  const annotations = {
    'helm.sh/hook': hook,
    ...(policy === undefined ? {} : { 'helm.sh/hook-delete-policy': policy }),
  };
  const lifecycle = seconds === undefined ? {} : { lifecycle: { postStart: { sleep: { seconds } } } };
  const container = { name: 'c', image: 'images.example/talker:1', args, ...lifecycle };
  const terminationGracePeriodSeconds = seconds === undefined ? 0 : seconds + 1;
  const template = {
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds, containers: [container] },
  };
  return JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations },
    spec: { backoffLimit: 0, template },
  });
}

const SETTINGS = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: normal}
`;

describe('charts on an island', { timeout: 900_000 }, () => {
  let site: ApplySite;
  before(async () => {
    site = await startApplySite('charts');
  });
  after(() => site?.stop());

  const install = async (
    component: Component,
    more: { signal?: AbortSignal; onConflict?: ConflictPolicy } = {},
  ) => {
    const crds: string[] = [];
    const installed = await installComponent(site.engine(more.signal), component, {
      onConflict: more.onConflict,
      onCrds: async (names) => void crds.push(...names),
      onProgress: () => undefined,
    });
    return { ...installed, crds };
  };
  const failure = async (component: Component, onConflict?: ConflictPolicy): Promise<SkerryError> => {
    const error = await install(component, { ...(onConflict && { onConflict }) }).catch(
      (caught: unknown) => caught,
    );
    assert.ok(isSkerryError(error), String(error));
    return error;
  };
  const get = (apiVersion: string, kind: string, namespace: string, name: string) =>
    site.client.get({ apiVersion, kind, metadata: { name, namespace } });
  const history = async (name: string) =>
    (await readRecords(site.client, { name, namespace: name })).map(
      ({ revision, status }) => `${revision} ${status}`,
    );
  const problems = async (name: string) =>
    (await readComponents(site.engine(), [{ name, namespace: name }])).flatMap((state) => state.problems);

  describe('rendering', () => {
    const byCluster = `
{{- define "img" }}images.example/kubectl:{{ .Capabilities.KubeVersion.Major }}.{{ .Capabilities.KubeVersion.Minor }}{{ end }}
apiVersion: batch/v1
kind: Job
metadata: {name: hook, annotations: {helm.sh/hook: post-install}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, args: [version], image: '{{ include "img" . }}'}]}}}
---
{{- if .Capabilities.APIVersions.Has "policy/v1/PodDisruptionBudget" }}
apiVersion: v1
kind: Pod
metadata: {name: hasapi}
spec: {containers: [{name: c, image: images.example/with-api:1}]}
{{- end }}
---
{{- if .Capabilities.APIVersions.Has "bycluster.example/v1/Lamp" }}
apiVersion: v1
kind: Pod
metadata: {name: exporter}
spec: {containers: [{name: c, image: images.example/exporter:1}]}
---
apiVersion: bycluster.example/v1
kind: Lamp
metadata: {name: lamp}
spec: {}
{{- end }}
---
{{- if .Capabilities.APIVersions.Has "nowhere.example/v1" }}
apiVersion: v1
kind: Pod
metadata: {name: never}
spec: {containers: [{name: c, image: images.example/never:1}]}
{{- end }}
---
{{- if and (lookup "v1" "Namespace" "" "kube-system") (not (lookup "bycluster.example/v1" "Lamp" "by-cluster" "")) }}
apiVersion: v1
kind: Pod
metadata: {name: lookup}
spec: {containers: [{name: c, image: images.example/by-lookup:1}]}
{{- end }}
`;
    const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.bycluster.example}
spec:
  group: bycluster.example
  scope: Namespaced
  names: {kind: Lamp, plural: lamps, singular: lamp, listKind: LampList}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`;
    const files = { 'templates/d.yaml': byCluster, 'crds/lamps.yaml': crd };
    const wanted = ['kubectl:1.34', 'with-api:1', 'exporter:1', 'by-lookup:1'];

    test('images by version, API, own CRD or lookup are seen before anything is applied', async () => {
      for (const missing of wanted) {
        const images = new Map(
          wanted.filter((name) => name !== missing).map((name) => [`images.example/${name}`, TALKER]),
        );
        const error = await failure(await site.component('by-cluster', files, { images }));
        assert.equal(error.code, 'IMAGE_NOT_IN_BUNDLE');
        assert.equal(error.subject, `images.example/${missing}`);
        assert.deepEqual(await history('by-cluster'), []);
        const crdName = { metadata: { name: 'lamps.bycluster.example' } };
        const applied = {
          apiVersion: 'apiextensions.k8s.io/v1',
          kind: 'CustomResourceDefinition',
          ...crdName,
        };
        assert.equal(await site.client.get(applied), undefined);
      }
    });

    test('with all images it runs with those of the cluster', async () => {
      const images = new Map(wanted.map((name) => [`images.example/${name}`, 'skerry.test/pause:1']));
      images.set('images.example/kubectl:1.34', TALKER);
      const { crds, action } = await install(await site.component('by-cluster', files, { images }));
      assert.deepEqual(crds, ['lamps.bycluster.example']);
      assert.equal(action, 'install');
      for (const name of ['hasapi', 'exporter', 'lookup'])
        assert.ok((await get('v1', 'Pod', 'by-cluster', name)) !== undefined, name);
      assert.equal(await get('v1', 'Pod', 'by-cluster', 'never'), undefined);
      assert.ok((await get('bycluster.example/v1', 'Lamp', 'by-cluster', 'lamp')) !== undefined);
    });

    test('a chart sees which revision it becomes, and whether it is an upgrade', async () => {
      const template = `
apiVersion: v1
kind: ConfigMap
metadata: {name: seen-{{ $r := .Release }}{{ $r.Revision }}}
data: {isUpgrade: "{{ .Release.IsUpgrade }}", isInstall: "{{ .Release.IsInstall }}", values: "{{ .Values.round }}"}
`;
      for (const round of [1, 2, 3]) {
        await install(
          await site.component('revision', { 'templates/c.yaml': template }, { values: { round } }),
        );
        const seen = await get('v1', 'ConfigMap', 'revision', `seen-${round}`);
        const isUpgrade = String(round > 1);
        assert.deepEqual(seen?.data, { isUpgrade, isInstall: String(round === 1), values: String(round) });
      }
    });

    test('a list whose items share an anchor works', async () => {
      const list = `
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: one}
    data: &both {key: value}
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: two}
    data: *both
`;
      await install(await site.component('anchors', { 'templates/l.yaml': list }));
      for (const name of ['one', 'two'])
        assert.deepEqual((await get('v1', 'ConfigMap', 'anchors', name))?.data, { key: 'value' });
    });

    test('what the API server would refuse is refused before anything is applied', async () => {
      const container = { name: 'c', image: 'images.example/pause:1' };
      const env = [
        { name: 'PATH_A', value: 'default' },
        { name: 'PATH_A', value: 'own' },
      ];
      const deployment = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'app' },
        spec: {
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ ...container, env }] } },
        },
      };
      const files = { 'templates/d.yaml': JSON.stringify(deployment), 'templates/s.yaml': SETTINGS };
      const error = await failure(await site.component('dup-env', files));
      assert.equal(error.code, 'OBJECT_INVALID');
      assert.match(String(error.detail), /duplicate entries for key \[name="PATH_A"\]/);
      assert.deepEqual(await history('dup-env'), []);
      assert.equal(await get('v1', 'ConfigMap', 'dup-env', 'settings'), undefined);
    });
  });

  describe('hooks', () => {
    const done = async (name: string, hook: string) => {
      const found = await get('batch/v1', 'Job', name, hook);
      return listAt(found, 'status', 'conditions').some(
        (condition) => textAt(condition, 'type') === 'Complete',
      );
    };

    test('a component that was interrupted in a hook is installed again, and its hook runs to the end', async () => {
      const files = {
        'templates/h.yaml': job('migrate', 'pre-install', ['version'], {
          policy: 'before-hook-creation',
          seconds: 15,
        }),
        'templates/c.yaml': SETTINGS,
      };
      const component = await site.component('interrupted', files);
      const controller = new AbortController();
      const stopped = install(component, { signal: controller.signal });
      const reason = new Error('stop');
      const caught = assert.rejects(stopped, (error) => error === reason);
      await until(async () => (await get('batch/v1', 'Job', 'interrupted', 'migrate')) !== undefined);
      const first = await get('batch/v1', 'Job', 'interrupted', 'migrate');
      controller.abort(reason);
      await caught;
      assert.ok((await problems('interrupted')).length > 0);
      assert.equal((await install(component)).action, 'install');
      assert.notEqual(
        (await get('batch/v1', 'Job', 'interrupted', 'migrate'))?.metadata.uid,
        first?.metadata.uid,
      );
      assert.ok(await done('interrupted', 'migrate'));
      assert.deepEqual(await problems('interrupted'), []);
    });

    test('a post-install hook that failed runs again once the cause is gone', async () => {
      const files = {
        'templates/h.yaml': JSON.stringify({
          ...JSON.parse(job('seed', 'post-install', [])),
          spec: {
            backoffLimit: 0,
            template: {
              spec: {
                restartPolicy: 'Never',
                volumes: [{ name: 'v', configMap: { name: 'site', optional: true } }],
                containers: [
                  {
                    name: 'c',
                    image: 'images.example/talker:1',
                    // Fails until there is a Chart.yaml.
                    args: ['show', 'chart', '/v'],
                    volumeMounts: [{ name: 'v', mountPath: '/v' }],
                  },
                ],
              },
            },
          },
        }),
        'templates/c.yaml': SETTINGS,
      };
      const component = await site.component('skipped', files);
      const error = await failure(component);
      assert.equal(error.code, 'WORKLOAD_FAILED');
      assert.match(String(error.detail), /container c, image skerry\.test\/talker:1: .*its log ends with/s);
      assert.ok((await problems('skipped')).length > 0);
      await site.client.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'site', namespace: 'skipped' },
        data: { 'Chart.yaml': 'apiVersion: v2\nname: ready\nversion: 1.0.0\n' },
      });
      await install(component);
      assert.ok(await done('skipped', 'seed'));
      assert.deepEqual(await problems('skipped'), []);
      assert.deepEqual(await history('skipped'), ['1 failed', '2 deployed']);
    });

    for (const policy of ['hook-succeeded', 'hook-failed', undefined]) {
      test(`a hook that crashes is reported with its last words (${policy ?? 'no policy'})`, async () => {
        const files = {
          'templates/j.yaml': job('seed', 'post-install,post-upgrade', ['nonsense'], {
            ...(policy === undefined ? {} : { policy }),
          }),
        };
        const component = await site.component(`crash-${policy ?? 'none'}`, files);
        for (let round = 0; round < 2; round++) {
          const error = await failure(component);
          assert.equal(error.code, 'WORKLOAD_FAILED');
          assert.equal(error.subject, `Job.batch ${component.name}/seed`);
          assert.match(String(error.detail), /Pod .*container c, image .*unknown command "nonsense"/s);
        }
        const left = await get('batch/v1', 'Job', component.name, 'seed');
        assert.equal(left === undefined, policy === 'hook-failed');
      });
    }

    test('a hook whose image cannot be pulled ends the try long before its time is over', async () => {
      const hook = JSON.parse(job('pull', 'pre-install', []));
      hook.spec.template.spec.containers[0].image = 'images.example/nowhere:1';
      const images = new Map([['images.example/nowhere:1', 'registry.example/no/where:1']]);
      const files = { 'templates/j.yaml': JSON.stringify(hook) };
      const error = await failure(await site.component('pull', files, { images, timeoutMs: 1_800_000 }));
      assert.equal(error.code, 'WORKLOAD_FAILED');
      assert.match(
        String(error.detail),
        /container c, image registry\.example\/no\/where:1: (ErrImagePull|ImagePullBackOff)/,
      );
      assert.deepEqual(await history('pull'), ['1 failed']);
    });

    test('an old hook of the same name is never taken for this one', async () => {
      const files = (round: number) => ({
        'templates/j.yaml': job('each', 'post-install,post-upgrade', ['version'], { policy: 'hook-failed' }),
        'templates/c.yaml': SETTINGS.replace('normal', `round${round}`),
      });
      const uids = new Set<string | undefined>();
      for (const round of [1, 2]) {
        await install(await site.component('each', files(round)));
        uids.add((await get('batch/v1', 'Job', 'each', 'each'))?.metadata.uid);
      }
      assert.equal(uids.size, 2);
    });
  });

  describe('hooks of all kinds', () => {
    const weighted = (name: string, events: string, weight: number, more: { seconds?: number } = {}) => {
      const hook = JSON.parse(job(name, events, ['version'], more));
      hook.metadata.annotations['helm.sh/hook-weight'] = String(weight);
      return hook;
    };
    const filesFor = (seconds: number) => {
      const account = {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name: 'migrator',
          annotations: { 'helm.sh/hook': 'pre-install,pre-upgrade', 'helm.sh/hook-weight': '-5' },
        },
      };
      const before = weighted('before', 'pre-install,pre-upgrade', 1, { seconds });
      before.spec.template.spec.serviceAccountName = 'migrator';
      const hooks = [
        account,
        before,
        weighted('after-install', 'post-install', 0, { seconds }),
        weighted('after-upgrade', 'post-upgrade', 0, { seconds }),
        weighted('at-rollback', 'pre-rollback', 0),
        weighted('at-delete', 'pre-delete', 0),
        { ...JSON.parse(job('checked', 'test', ['nonsense'])) },
      ];
      return {
        'templates/s.yaml': SETTINGS.replace('normal', '{{ .Values.round | quote }}'),
        'templates/web.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: images.example/pause:1}]}
`,
        ...Object.fromEntries(
          hooks.map((hook, index) => [`templates/hook-${index}.yaml`, JSON.stringify(hook)]),
        ),
      };
    };
    const ran = async (namespace: string) => {
      const { items } = await site.client.list({ apiVersion: 'batch/v1', kind: 'Job', namespace });
      return items
        .map((found) => `${found.metadata.name} ${String(at(found, 'status', 'succeeded') ?? 'unfinished')}`)
        .sort();
    };

    test('each hook runs when it is its turn, and only then', async () => {
      await install(await site.component('kinds', filesFor(1), { values: { round: 1 } }));
      assert.deepEqual(await ran('kinds'), ['after-install 1', 'before 1']);
      const first = await get('batch/v1', 'Job', 'kinds', 'before');
      await install(await site.component('kinds', filesFor(1), { values: { round: 2 } }));
      assert.deepEqual(await ran('kinds'), ['after-install 1', 'after-upgrade 1', 'before 1']);
      assert.notEqual((await get('batch/v1', 'Job', 'kinds', 'before'))?.metadata.uid, first?.metadata.uid);
      assert.deepEqual(await problems('kinds'), []);
    });

    test('killed anywhere, the next run ends in the state of an undisturbed one', async (context) => {
      const rounds = Number(process.env.SKERRY_TEST_KILLS ?? 2);
      for (let round = 1; round <= rounds; round++) {
        const name = `killed-${round}`;
        const wait = Math.round(Math.random() * 9000);
        const isUpgrade = round % 2 === 0;
        context.diagnostic(`round ${round}: ${isUpgrade ? 'upgrade' : 'install'} killed after ${wait} ms`);
        const component = async (value: number) =>
          await site.component(name, filesFor(2), { values: { round: value } });
        if (isUpgrade) await install(await component(1));
        const controller = new AbortController();
        const killed = install(await component(2), { signal: controller.signal }).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, wait));
        // As if the machine had gone: nothing is cleaned up.
        controller.abort(new Error('gone'));
        await killHelm();
        await killed;
        await install(await component(2));
        const hooks = isUpgrade
          ? ['after-install 1', 'after-upgrade 1', 'before 1']
          : ['after-install 1', 'before 1'];
        // A try that had come to its end before it could be killed makes the next one an upgrade.
        const allowed = [hooks, ['after-install 1', 'after-upgrade 1', 'before 1']];
        const seen = await ran(name);
        assert.ok(
          allowed.some((jobs) => JSON.stringify(jobs) === JSON.stringify(seen)),
          JSON.stringify(seen),
        );
        assert.equal(textAt(await get('v1', 'ConfigMap', name, 'settings'), 'data', 'mode'), '2');
        assert.equal((await history(name)).at(-1)?.split(' ')[1], 'deployed');
        assert.deepEqual(await problems(name), []);
      }
    });
  });

  describe('other owners', () => {
    const web = (image: string) => ({
      'templates/d.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, color: {{ .Values.color }}}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: ${image}}]}
`,
      'templates/s.yaml': SETTINGS.replace('normal', '{{ .Values.color }}'),
    });
    const component = (color: string) =>
      site.component('owners', web('images.example/pause:1'), { values: { color } });
    const replicas = async () => at(await get('apps/v1', 'Deployment', 'owners', 'web'), 'spec', 'replicas');
    const mode = async () => textAt(await get('v1', 'ConfigMap', 'owners', 'settings'), 'data', 'mode');
    const set = (path: string, body: object, manager = 'kubectl-edit') =>
      site.cluster.api.request(`${path}?fieldManager=${manager}`, {
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        body,
      });

    test('the number of replicas that a scaler has set stays, whatever else changes', async () => {
      await install(await component('red'));
      const scaled = await set('/apis/apps/v1/namespaces/owners/deployments/web/scale', {
        spec: { replicas: 2 },
      });
      assert.equal(scaled.status, 200);
      assert.deepEqual((await install(await component('red'))).conflicts, []);
      assert.equal(await replicas(), 2);
      await install(await component('blue'));
      assert.equal(await replicas(), 2);
      assert.deepEqual(await problems('owners'), []);
    });

    test('a field that somebody has changed stops everything before anything is applied, by name', async () => {
      await set('/api/v1/namespaces/owners/configmaps/settings', { data: { mode: 'mine' } });
      const before = await history('owners');
      const error = await failure(await component('green'));
      assert.equal(error.code, 'APPLY_CONFLICT');
      assert.match(String(error.detail), /ConfigMap settings \.data\.mode belongs to kubectl-edit/);
      assert.match(error.remedy, /--on-conflict/);
      assert.deepEqual(await history('owners'), before);
      const deployed = await get('apps/v1', 'Deployment', 'owners', 'web');
      assert.equal(textAt(deployed, 'spec', 'template', 'metadata', 'labels', 'color'), 'blue');
    });

    test('under keep the field stays, again and again, and all else is applied', async () => {
      for (const color of ['green', 'yellow']) {
        await install(await component(color), { onConflict: 'keep' });
        assert.equal(await mode(), 'mine');
        const deployed = await get('apps/v1', 'Deployment', 'owners', 'web');
        assert.equal(textAt(deployed, 'spec', 'template', 'metadata', 'labels', 'color'), color);
      }
    });

    test('under take the release has its way, but for replicas', async () => {
      const { conflicts } = await install(await component('white'), { onConflict: 'take' });
      assert.deepEqual(conflicts, [
        { object: 'ConfigMap settings', field: '.data.mode', manager: 'kubectl-edit' },
      ]);
      assert.equal(await mode(), 'white');
      assert.equal(await replicas(), 2);
      assert.deepEqual((await install(await component('black'))).conflicts, []);
      assert.ok((await history('owners')).every((line) => /superseded|deployed/.test(line)));
    });
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}
