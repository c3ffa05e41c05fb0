import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { readStatus } from '../status.ts';
import { recordOf } from '../testing/scripted-helm.ts';
import { deployment, installOn, type ScriptedSite, scriptedSite } from '../testing/scripted-site.ts';
import { guardedIn } from './guarded.ts';
import { planUninstall } from './plan.ts';
import { uninstallLocked } from './uninstall.ts';

const CRD: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [{ name: 'v1', served: true, storage: true }],
  },
};
const widget = (name: string, more: object = {}): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'hub', ...more },
});

let site: ScriptedSite;
let pristine: string[];

beforeEach(async () => {
  site = await scriptedSite({ charts: { hub: [CRD, deployment('web')] } });
  pristine = site.server.names();
});
afterEach(async () => await site.close());

async function uninstall(patienceMs = 200): Promise<void> {
  const { client, helm, signal, by } = { ...site.context, helm: site.helm };
  const plan = await planUninstall({ client, helm, signal });
  await uninstallLocked({ client, helm, plan, by, patienceMs, signal, onStep: () => {} });
}

const plan = () => planUninstall({ ...site.context, helm: site.helm });
const code = (expected: string) => (error: unknown) => isSkerryError(error, expected);

test('an installation leaves nothing behind, and then there is none', async () => {
  await installOn(site.context);
  await uninstall();
  assert.deepEqual(site.server.names(), pristine);
  await assert.rejects(uninstall(), code('NOT_INSTALLED'));
});

test('one that broke off is taken away as far as it had come, and no component that it had not begun', async () => {
  await assert.rejects(
    installOn(site.context, (phase) => {
      if (phase === 'component-hub') throw new Error('power cut');
    }),
  );
  site.server.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'sh.helm.release.v1.hub.v1', namespace: 'hub', labels: { owner: 'helm', name: 'hub' } },
    type: 'helm.sh/release.v1',
  });
  await uninstall();
  assert.deepEqual(
    site.server.names(),
    [...pristine, 'Namespace hub', 'Secret hub/sh.helm.release.v1.hub.v1'].sort(),
  );
});

test('objects of a guarded kind go only by its word, and nothing goes without it', async () => {
  const annotations = { 'skerry.dev/uninstall-loses': 'All widgets.' };
  const guarded = { ...CRD, metadata: { ...CRD.metadata, annotations } };
  const other = await scriptedSite({ charts: { hub: [guarded, deployment('web')] } });
  try {
    const before = other.server.names();
    const { client, helm, signal, by } = { ...other.context, helm: other.helm };
    const run = async (words: readonly string[]) => {
      const plan = await planUninstall({ client, helm, signal });
      await uninstallLocked({ client, helm, plan, words, by, patienceMs: 200, signal, onStep: () => {} });
    };
    await installOn(other.context);
    other.server.put(widget('theirs'));
    const [kind] = guardedIn(await planUninstall({ client, helm, signal }));
    assert.equal(kind?.word, 'widgets.example.com');
    assert.equal(kind?.resources.length, 1);
    const { guarded } = await readStatus(client, helm, signal);
    assert.deepEqual(guarded, [{ word: 'widgets.example.com', objects: 1 }]);
    other.server.denied = ({ resource }) => resource === 'customresourcedefinitions';
    const hidden = await readStatus(client, helm, signal);
    assert.deepEqual([hidden.guarded, hidden.healthy], [undefined, true]);
    other.server.denied = () => false;
    const installed = other.server.names();
    await assert.rejects(run([]), code('RESOURCES_GUARDED'));
    await assert.rejects(run(['gadgets.example.com']), code('RESOURCES_GUARDED'));
    assert.deepEqual(other.server.names(), installed);
    await run(['widgets.example.com']);
    assert.deepEqual(other.server.names(), before);
  } finally {
    await other.close();
  }
});

describe('a namespace stays for what others have in it', () => {
  const inSystem = (apiVersion: string, kind: string, more: object = {}): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name: 'theirs', namespace: 'skerry-system', ...more },
  });
  const owner = (kind: string, name: string, uid: string) => ({
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid }],
  });
  const cases: readonly (readonly [string, () => KubeObject])[] = [
    ['an Ingress', () => inSystem('networking.k8s.io/v1', 'Ingress')],
    ['a NetworkPolicy', () => inSystem('networking.k8s.io/v1', 'NetworkPolicy')],
    ['a Role', () => inSystem('rbac.authorization.k8s.io/v1', 'Role')],
    ['a LimitRange', () => inSystem('v1', 'LimitRange')],
    ['a custom resource', () => inSystem('vendor.example/v1', 'Gadget')],
    [
      'a claim of an owner elsewhere',
      () => inSystem('v1', 'PersistentVolumeClaim', owner('Gadget', 'x', 'y')),
    ],
    [
      'an object of another with the name of ours',
      () => inSystem('v1', 'Pod', owner('Deployment', 'skerry-registry', 'another')),
    ],
    [
      'a Secret of another Helm release',
      () => inSystem('v1', 'Secret', { labels: { owner: 'helm', name: 'x' } }),
    ],
    [
      'an object with our general labels',
      () => inSystem('v1', 'ConfigMap', { labels: { 'app.kubernetes.io/managed-by': 'skerry' } }),
    ],
  ];

  for (const [title, make] of cases) {
    test(title, async () => {
      site.server.put({
        ...CRD,
        metadata: { name: 'gadgets.vendor.example' },
        spec: {
          group: 'vendor.example',
          names: { kind: 'Gadget', plural: 'gadgets' },
          scope: 'Namespaced',
          versions: [{ name: 'v1', served: true }],
        },
      });
      const before = site.server.names();
      await installOn(site.context);
      site.server.put(make());
      const { kept } = await plan();
      assert.deepEqual(
        kept.map(({ namespace, because }) => [namespace, because.length]),
        [['skerry-system', 1]],
      );
      await uninstall();
      const left = site.server.names().filter((name) => !before.includes(name));
      assert.deepEqual(left.length, 2, left.join());
      assert.ok(left.includes('Namespace skerry-system'));
    });
  }

  test('what comes of our objects, and what every namespace has, keeps none', async () => {
    await installOn(site.context);
    const set = site.server.objects.find('Deployment.apps skerry-system/skerry-registry');
    const replicas = {
      ...inSystem('apps/v1', 'ReplicaSet', owner('Deployment', 'skerry-registry', set?.metadata.uid ?? '')),
    };
    site.server.put(replicas);
    const { uid = '' } = site.server.objects.find('ReplicaSet.apps skerry-system/theirs')?.metadata ?? {};
    site.server.put(
      inSystem('v1', 'Pod', owner('ReplicaSet', 'theirs', uid)),
      inSystem('v1', 'Event'),
      { ...inSystem('v1', 'ConfigMap'), metadata: { name: 'kube-root-ca.crt', namespace: 'skerry-system' } },
      { ...inSystem('v1', 'ServiceAccount'), metadata: { name: 'default', namespace: 'skerry-system' } },
      { ...inSystem('v1', 'Endpoints'), metadata: { name: 'skerry-registry', namespace: 'skerry-system' } },
      inSystem('coordination.k8s.io/v1', 'Lease'),
    );
    const lease = site.server.objects.find('Lease.coordination.k8s.io skerry-system/theirs');
    assert.ok(lease);
    site.server.objects.replace({ ...lease, spec: { holderIdentity: 'skerry-registry-abc_1' } });
    assert.deepEqual((await plan()).kept, []);
    await uninstall();
    assert.deepEqual(site.server.names(), pristine);
  });

  test('also a kind that can’t be listed, which is named as unknown', async () => {
    await installOn(site.context);
    site.server.denied = ({ verb, resource }) => verb === 'list' && resource === 'limitranges';
    const { kept } = await plan();
    assert.match(kept.map(({ because }) => because.join()).join(), /LimitRange/);
  });
});

describe('objects go before what looks after them', () => {
  test('a finalizer whose controller still runs is waited for', async () => {
    await installOn(site.context);
    site.server.put(widget('a', { finalizers: ['example.com/cleanup'] }));
    const stop = site.server.objects.watch(({ object }) => {
      if (object.kind !== 'Widget' || object.metadata.deletionTimestamp === undefined) return;
      assert.ok(site.server.objects.find('Deployment.apps hub/web'), 'the controller still runs');
      setImmediate(() => {
        if (site.server.objects.find('Widget.example.com hub/a') !== undefined)
          site.server.objects.replace(widget('a'));
      });
    });
    await uninstall(5000);
    stop();
    assert.deepEqual(site.server.names(), pristine);
  });

  test('one whose controller is gone ends in an error that names object and finalizer, and the next try goes on', async () => {
    await installOn(site.context);
    site.server.put(widget('a', { finalizers: ['example.com/cleanup'] }));
    await assert.rejects(uninstall(), (error) => {
      assert.ok(isSkerryError(error, 'DELETION_STUCK'), String(error));
      assert.match(error.message, /Widget\.example\.com hub\/a.*example\.com\/cleanup/);
      return true;
    });
    site.server.objects.replace(widget('a'));
    await uninstall();
    assert.deepEqual(site.server.names(), pristine);
  });

  test('a namespace that something keeps says what', async () => {
    await installOn(site.context);
    const web = site.server.objects.find('Namespace hub');
    assert.ok(web);
    const finalizers = ['example.com/keep'];
    site.server.objects.replace({ ...web, metadata: { ...web.metadata, finalizers } });
    await assert.rejects(uninstall(), (error) => {
      assert.ok(isSkerryError(error, 'DELETION_STUCK'), String(error));
      assert.match(error.message, /Namespace hub.*example\.com\/keep/);
      return true;
    });
  });
});

test('what was adopted stays, and is named', async () => {
  site.server.put(CRD, widget('theirs'));
  await installOn({ ...site.context, adopt: ['all'] });
  const { stays } = await plan();
  assert.deepEqual(
    stays.map(({ object }) => object),
    ['CustomResourceDefinition.apiextensions.k8s.io widgets.example.com'],
  );
  await uninstall();
  assert.ok(site.server.objects.find('Widget.example.com hub/theirs'));
});

test('a definition whose chart says to keep it stays, with everything of its kind', async () => {
  const annotations = { 'helm.sh/resource-policy': 'keep' };
  const kept = { ...CRD, metadata: { ...CRD.metadata, annotations } };
  const other = await scriptedSite({ charts: { hub: [kept, deployment('web'), widget('own')] } });
  try {
    await installOn(other.context);
    other.server.put(widget('theirs', { namespace: 'elsewhere' }));
    const { client, helm, signal, by } = { ...other.context, helm: other.helm };
    const planned = await planUninstall({ client, helm, signal });
    assert.deepEqual(
      planned.stays.map(({ object }) => object),
      ['CustomResourceDefinition.apiextensions.k8s.io widgets.example.com'],
    );
    await uninstallLocked({ client, helm, plan: planned, by, patienceMs: 200, signal, onStep: () => {} });
    assert.ok(other.server.objects.find('CustomResourceDefinition.apiextensions.k8s.io widgets.example.com'));
    assert.ok(other.server.objects.find('Widget.example.com elsewhere/theirs'));
    assert.equal(other.server.objects.find('Widget.example.com hub/own'), undefined);
  } finally {
    await other.close();
  }
});

test('what a workload made for itself is named and goes with it, unless it says that it stays', async () => {
  const made = (name: string, by: string, annotations = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'hub', labels: { 'app.kubernetes.io/managed-by': by }, annotations },
  });
  await installOn(site.context);
  site.server.put(made('own', 'web'), made('theirs', 'another'));
  site.server.put(made('kept', 'web', { 'helm.sh/resource-policy': 'keep' }));
  const { components, kept } = await plan();
  assert.deepEqual(
    components.flatMap(({ made }) => made.map(({ metadata }) => metadata.name)),
    ['own'],
  );
  assert.deepEqual(
    kept.map(({ because }) => because.map((object) => object.split(' ')[1]).toSorted()),
    [['hub/kept', 'hub/theirs']],
  );
  await uninstall();
  assert.equal(site.server.objects.find('ConfigMap hub/own'), undefined);
  assert.ok(site.server.objects.find('ConfigMap hub/kept'));
  assert.ok(site.server.objects.find('ConfigMap hub/theirs'));
});

test('what a workload was granted in namespaces of others is named and goes with it, also in a second run', async () => {
  const { server, helm, context, close } = await scriptedSite({
    charts: {
      hub: [
        deployment('web'),
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web' } },
        { apiVersion: RBAC, kind: 'ClusterRole', metadata: { name: 'web-in-project' } },
      ],
    },
  });
  const ours = { kind: 'ServiceAccount', namespace: 'hub', name: 'web' };
  const grant = (
    name: string,
    { by = 'web', role = 'web-in-project', subjects = [ours] as object[] } = {},
  ) => ({
    ...{ apiVersion: RBAC, kind: 'RoleBinding' },
    metadata: { name, namespace: 'project', labels: { 'app.kubernetes.io/managed-by': by } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects,
  });
  try {
    await installOn(context);
    const person = { kind: 'User', name: 'alice' };
    server.put(
      ...[{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'project' } }, grant('ours')],
      grant('by-another', { by: 'somebody' }),
      grant('of-another-role', { role: 'view' }),
      grant('for-a-person-too', { subjects: [ours, person] }),
      grant('for-nobody', { subjects: [] }),
    );
    const { client, signal } = context;
    const planned = await planUninstall({ client, helm, signal });
    const OURS = 'RoleBinding.rbac.authorization.k8s.io project/ours';
    assert.deepEqual(planned.grants.map(describeObject), [OURS]);
    const run = { client, helm, by: 'a@b', patienceMs: 200, signal, onStep: () => {} };
    // The first run is cut off once the components are gone, which told whose it is.
    server.fail({ method: 'DELETE', path: /rolebindings/, how: { status: 500 }, times: 100 });
    await assert.rejects(uninstallLocked({ ...run, plan: planned }));
    server.mend();
    assert.ok(server.objects.find(OURS));
    const second = await planUninstall({ client, helm, signal });
    assert.deepEqual(second.grants.map(describeObject), [OURS]);
    await uninstallLocked({ ...run, plan: second });
    assert.deepEqual(
      server.names().filter((name) => name.startsWith('RoleBinding')),
      ['by-another', 'for-a-person-too', 'for-nobody', 'of-another-role'].map(
        (name) => `RoleBinding.rbac.authorization.k8s.io project/${name}`,
      ),
    );
  } finally {
    await close();
  }
});

const RBAC = 'rbac.authorization.k8s.io/v1';

test('the claims of a set that a run before has taken away keep no namespace', async () => {
  const volumeClaimTemplates = [{ metadata: { name: 'data' } }];
  const set: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: { replicas: 0, volumeClaimTemplates },
  };
  const claim = (name: string) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'hub' },
  });
  const other = await scriptedSite({ charts: { hub: [set] } });
  try {
    await installOn(other.context);
    other.server.put(claim('data-db-0'), claim('theirs'));
    const { client, helm, signal, by } = { ...other.context, helm: other.helm };
    const locked = async (onStep: (text: string) => void) => {
      const planned = await planUninstall({ client, helm, signal });
      assert.deepEqual(
        planned.kept.map(({ because }) => because),
        [['PersistentVolumeClaim hub/theirs']],
      );
      await uninstallLocked({ client, helm, plan: planned, by, patienceMs: 200, signal, onStep });
    };
    const stopped = locked((text) => {
      if (text === 'component registry') throw new Error('power cut');
    });
    await assert.rejects(stopped, /power cut/);
    await locked(() => {});
  } finally {
    await other.close();
  }
});

test('a component that was adopted keeps the definitions that it got here', async () => {
  const release = recordOf({ name: 'hub', namespace: 'hub' });
  site.server.put(release);
  await installOn({ ...site.context, adopt: ['HelmRelease/hub/hub'] });
  site.server.put(widget('theirs'));
  await uninstall();
  assert.ok(site.server.objects.find('Widget.example.com hub/theirs'));
});

test('nothing is deleted that was not named before: the plan is made again under the lock', async () => {
  await installOn(site.context);
  const { client, helm, signal, by } = { ...site.context, helm: site.helm };
  const old = await plan();
  const less = { ...old, own: old.own.slice(1) };
  const before = site.server.names();
  const run = uninstallLocked({ client, helm, plan: less, by, patienceMs: 200, signal, onStep: () => {} });
  await assert.rejects(run, code('PLAN_CHANGED'));
  assert.deepEqual(site.server.names(), before);
});

test('a try that was stopped anywhere is finished by the next', async () => {
  const { client, helm, signal, by } = { ...site.context, helm: site.helm };
  const locked = async () => {
    const planned = await plan();
    const before = site.server.calls.length;
    const run = { client, helm, plan: planned, by, patienceMs: 200, signal, onStep: () => {} };
    return { before, run };
  };
  await installOn(site.context);
  const { before, run } = await locked();
  await uninstallLocked(run);
  const calls = site.server.calls.length - before;
  for (let at = 3; at < calls; at += 11) {
    await installOn(site.context);
    const next = await locked();
    let count = 0;
    site.server.onCall = () => {
      if (++count === at) site.server.fail({ path: /./, how: { status: 500 } });
    };
    await uninstallLocked(next.run).catch(() => undefined);
    site.server.onCall = () => {};
    site.server.mend();
    await uninstall().catch((error: unknown) =>
      assert.ok(isSkerryError(error, 'NOT_INSTALLED'), String(error)),
    );
    assert.deepEqual(site.server.names(), pristine, `stopped at call ${at} of ${calls}`);
  }
});
