import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { KubeObject } from '../apply/object.ts';
import { isSkerryError } from '../content/error.ts';
import { beginInstallation } from './install.ts';
import { planInstallation } from './install-plan.ts';
import { MARK } from './names.ts';
import { pushAccessProblem } from './ownership/push-access.ts';
import { readInstallation } from './record/installation.ts';
import { describeRun, unfinishedRun } from './record/last-run.ts';
import { takeLock } from './record/lock.ts';
import { readStatus } from './status.ts';
import { recordOf } from './testing/scripted-helm.ts';
import {
  deployment,
  installOn,
  REGISTRY_CHART,
  type ScriptedSite,
  scriptedSite,
} from './testing/scripted-site.ts';
import { planUninstall } from './uninstall/plan.ts';

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
const PARTS = [CRD, deployment('web')];

let site: ScriptedSite;
beforeEach(async () => {
  site = await scriptedSite({ charts: { hub: PARTS } });
});
afterEach(async () => await site.close());

const code = (expected: string) => (error: unknown) => isSkerryError(error, expected);
const inSystem = (apiVersion: string, kind: string, name: string, more: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'skerry-system' },
  ...more,
});

test('an installation ends with everything done, and a second one finds nothing to do', async () => {
  await installOn(site.context);
  const before = site.server.names();
  const { installation } = await stored();
  assert.equal(installation.state, 'installed');
  assert.deepEqual(
    installation.history.map(({ outcome }) => outcome),
    ['done'],
  );
  const again = await installOn(site.context);
  assert.ok(again.phases.every(({ state }) => state === 'done'));
  assert.deepEqual(site.server.names(), before);
  const status = await readStatus(site.context.client, site.helm, site.context.signal);
  assert.deepEqual([status.healthy, status.registry], [true, 'cluster']);
});

describe('what is somebody else’s', () => {
  const release = recordOf({ name: 'registry', namespace: 'skerry-system' });
  const cases: readonly (readonly [word: string, object: KubeObject])[] = [
    ['HelmRelease/skerry-system/registry', release],
    ['CustomResourceDefinition.apiextensions.k8s.io/widgets.example.com', CRD],
    ['Deployment.apps/hub/web', { ...deployment('web'), metadata: { name: 'web', namespace: 'hub' } }],
    ['Secret/skerry-system/skerry-registry-users', inSystem('v1', 'Secret', 'skerry-registry-users')],
    ['Secret/skerry-system/skerry-registry-push', inSystem('v1', 'Secret', 'skerry-registry-push')],
    ['Service/skerry-system/skerry-registry', inSystem('v1', 'Service', 'skerry-registry')],
    [
      'Lease.coordination.k8s.io/skerry-system/skerry-installer',
      inSystem('coordination.k8s.io/v1', 'Lease', 'skerry-installer'),
    ],
    [
      'EndpointSlice.discovery.k8s.io/skerry-system/mine',
      inSystem('discovery.k8s.io/v1', 'EndpointSlice', 'mine', {
        metadata: {
          name: 'mine',
          namespace: 'skerry-system',
          labels: { 'kubernetes.io/service-name': 'skerry-registry' },
        },
      }),
    ],
    ['Job.batch/skerry-system/skerry-registry-copy', inSystem('batch/v1', 'Job', 'skerry-registry-copy')],
  ];

  for (const [word, object] of cases) {
    test(`${word} is found before anything is changed, and adopted by its word`, async () => {
      site.server.put(object);
      const before = JSON.stringify(site.server.objects.all());
      await assert.rejects(installOn(site.context), (error) => {
        assert.ok(isSkerryError(error, 'FOREIGN_OBJECT'), String(error));
        assert.ok(error.detail?.includes(`--adopt ${word}`), error.message);
        return true;
      });
      assert.equal(JSON.stringify(site.server.objects.all()), before);
      await installOn({ ...site.context, adopt: [word] });
      assert.deepEqual((await stored()).installation.adopted, [word]);
      await installOn(site.context);
    });
  }

  test('all of it is named at once, and one word adopts all', async () => {
    site.server.put(...cases.map(([, object]) => object));
    const { checks } = await planInstallation(site.context);
    const problem = checks.map((check) => check.problem).find(code('FOREIGN_OBJECT'));
    for (const [word] of cases) assert.ok(problem?.detail?.includes(`--adopt ${word}`), word);
    await installOn({ ...site.context, adopt: ['all'] });
  });

  test('a label that anybody may set makes nothing ours', async () => {
    const labels = { 'app.kubernetes.io/managed-by': 'skerry', 'app.kubernetes.io/part-of': 'skerry' };
    const metadata = { name: 'skerry-registry-users', namespace: 'skerry-system', labels };
    site.server.put(inSystem('v1', 'Secret', 'skerry-registry-users', { metadata }));
    await assert.rejects(installOn(site.context), code('FOREIGN_OBJECT'));
  });

  test('a namespace that the site made beforehand is no obstacle, and is not ours afterwards', async () => {
    site.server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-system' } });
    await installOn(site.context);
    assert.deepEqual((await stored()).installation.namespaces, ['hub']);
  });
});

describe('what the installer made and somebody changed', () => {
  beforeEach(async () => {
    await installOn(site.context);
  });

  test('a Service that was deleted by hand shows in the status and is made again', async () => {
    site.server.objects.delete('Service skerry-system/skerry-registry');
    const status = await readStatus(site.context.client, site.helm, site.context.signal);
    assert.deepEqual([status.healthy, status.registry], [false, 'broken']);
    const plan = await installOn(site.context);
    assert.deepEqual(pending(plan), ['address-cluster']);
    assert.equal(
      (await planInstallation(site.context)).phases.some(({ state }) => state === 'run'),
      false,
    );
  });

  test('a Service that leads elsewhere is led back', async () => {
    const service = found('Service skerry-system/skerry-registry');
    site.server.objects.replace({
      ...service,
      spec: { ...Object(service.spec), selector: { app: 'other' } },
    });
    await installOn(site.context);
    const status = await readStatus(site.context.client, site.helm, site.context.signal);
    assert.equal(status.registry, 'cluster');
  });

  for (const spoil of [
    () => site.server.objects.delete('Secret skerry-system/skerry-registry-push'),
    () => site.server.objects.delete('Secret skerry-system/skerry-registry-users'),
    () => change('Secret skerry-system/skerry-registry-push', { username: 'c2tlcnJ5', password: 'b3RoZXI=' }),
    () => change('Secret skerry-system/skerry-registry-users', { users: 'bm8gdXNlcnMgZmlsZQ==' }),
    () => change('Secret skerry-system/skerry-registry-push', {}),
  ]) {
    test(`Secrets that don’t fit each other are made again: ${spoil.toString().slice(6)}`, async () => {
      spoil();
      const plan = await installOn(site.context);
      assert.deepEqual(pending(plan), ['component-registry']);
      const push = found('Secret skerry-system/skerry-registry-push');
      const users = found('Secret skerry-system/skerry-registry-users');
      assert.equal(await pushAccessProblem(push, users), undefined);
    });
  }

  test('the accounts that a site added to the users file outlive a new password', async () => {
    const users = Buffer.from('other:!\n').toString('base64');
    change('Secret skerry-system/skerry-registry-users', { users });
    await installOn(site.context);
    const { data } = found('Secret skerry-system/skerry-registry-users');
    const text = Buffer.from(Object(data).users, 'base64').toString();
    assert.match(text, /^other:!$/m);
    assert.match(text, /^skerry:/m);
  });

  test('a definition that was deleted is made again, and so is what was of its kind', async () => {
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'own' } };
    const other = await scriptedSite({ charts: { hub: [...PARTS, widget] } });
    try {
      await installOn(other.context);
      const before = other.server.names();
      other.server.objects.delete('Widget.example.com hub/own');
      other.server.objects.delete('CustomResourceDefinition.apiextensions.k8s.io widgets.example.com');
      // What was known of the cluster before is not what it is now.
      const context = { ...other.context, client: other.server.client() };
      const { healthy } = await readStatus(context.client, other.helm, context.signal);
      assert.equal(healthy, false);
      await planUninstall({ ...context, helm: other.helm });
      assert.deepEqual(pending(await installOn(context)), ['component-hub']);
      const again = 'Secret hub/sh.helm.release.v1.hub.v2';
      assert.deepEqual(
        other.server.names().filter((name) => name !== again),
        before,
      );
    } finally {
      await other.close();
    }
  });

  test('a namespace that lost its mark gets it back', async () => {
    const namespace = found('Namespace skerry-system');
    site.server.objects.replace({ ...namespace, metadata: { name: 'skerry-system' } });
    await installOn(site.context);
    const { id } = (await stored()).installation;
    assert.equal(found('Namespace skerry-system').metadata.labels?.['skerry.dev/installation'], id);
  });
});

describe('the lock and the record', () => {
  test('another release is refused, also one that comes between the plan and the lock', async () => {
    const other = await scriptedSite({ version: '2.0.0' });
    try {
      await installOn(site.context);
      const before = JSON.stringify(found('ConfigMap skerry-system/skerry-installation'));
      const theirs = { ...site.context, bundle: other.bundle };
      await assert.rejects(installOn(theirs), code('OTHER_RELEASE_INSTALLED'));
      assert.equal(JSON.stringify(found('ConfigMap skerry-system/skerry-installation')), before);
    } finally {
      await other.close();
    }
  });

  test('a lock that somebody keeps is waited for, not for ever', async () => {
    let now = 0;
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms;
        // Lets the server answer between two looks at the clock.
        await new Promise((resolve) => setTimeout(resolve, 5));
      },
    };
    const { client, signal } = site.context;
    site.server.put(inSystem('v1', 'ConfigMap', 'x'));
    site.server.objects.controller = (object) => object;
    const first = await takeLock(client, { id: 'a', signal });
    // A run's own lease would be taken again at once: this one is another's.
    const lease = found('Lease.coordination.k8s.io skerry-system/skerry-installer');
    const spec = { ...Object(lease.spec), holderIdentity: 'somebody@elsewhere 1 boot start' };
    site.server.objects.replace({ ...lease, spec });
    const keep = setInterval(() => touch('Lease.coordination.k8s.io skerry-system/skerry-installer'), 1);
    try {
      await assert.rejects(takeLock(client, { id: 'a', signal, clock }), code('INSTALLER_BUSY'));
    } finally {
      clearInterval(keep);
      await first.release();
    }
  });

  test('one who planned before there was anything goes on with what the other began', async () => {
    site.helm.failures.set('hub', new Error('cut off'));
    await assert.rejects(installOn(site.context));
    const { id } = (await stored()).installation;
    const run = await beginInstallation(site.context, { id: undefined, adopted: [] }, undefined, () => {});
    await run.lock.release();
    assert.equal(run.journal.installation.id, id);
    await installOn(site.context);
  });

  test('the work stops when the lock is taken away, and nothing is written afterwards', async () => {
    let record = '';
    const stopped = installOn(
      {
        ...site.context,
        // The registry never becomes healthy, so that there is time to lose the lock in.
        helm: site.helm,
      },
      (phase) => {
        if (phase !== 'component-registry') return;
        site.server.objects.controller = (object) => object;
        const lease = found('Lease.coordination.k8s.io skerry-system/skerry-installer');
        site.server.objects.replace({ ...lease, spec: { holderIdentity: 'somebody@else 1 x y' } });
      },
    ).finally(() => {
      record = JSON.stringify(found('ConfigMap skerry-system/skerry-installation'));
    });
    await assert.rejects(stopped, code('LOCK_LOST'));
    assert.match(record, /running/);
  });

  test('an answer that is lost on its way does not stop the journal', async () => {
    await installOn(site.context, (phase) => {
      if (phase === 'copy')
        site.server.fail({ method: 'PUT', path: /configmaps\/skerry-installation$/, how: 'cut-after' });
    });
    assert.equal((await stored()).installation.state, 'installed');
  });

  test('goes on with an installation of a version that marked nothing', async () => {
    site.helm.failures.set('hub', new Error('cut off'));
    await assert.rejects(installOn(site.context));
    site.helm.failures.clear();
    const record = found('ConfigMap skerry-system/skerry-installation');
    const { id: _, adopted: __, history: ___, ...old } = (await stored()).installation;
    const labels = { 'app.kubernetes.io/managed-by': 'skerry' };
    for (const object of site.server.objects
      .all()
      .filter(({ metadata }) => metadata.labels?.[MARK] !== undefined))
      site.server.objects.replace({ ...object, metadata: { ...object.metadata, labels } });
    change('ConfigMap skerry-system/skerry-installation', {
      ...Object(record.data),
      installation: JSON.stringify({ ...old, version: 1 }),
    });
    await installOn(site.context);
    const { installation } = await stored();
    assert.deepEqual([installation.state, installation.adopted], ['installed', []]);
    assert.notEqual(installation.id, '');
  });

  test('a record that can’t be read is left alone', async () => {
    site.server.put(inSystem('v1', 'ConfigMap', 'skerry-installation', { data: { installation: '{' } }));
    const before = site.server.names();
    await assert.rejects(installOn(site.context), code('INSTALLATION_INVALID'));
    assert.deepEqual(site.server.names(), before);
  });
});

describe('a try that failed', () => {
  test('is reported by the next one: where, why, by whom', async () => {
    site.helm.failures.set('hub', new Error('the disk of helm is full'));
    await assert.rejects(installOn(site.context));
    const run = unfinishedRun((await stored()).installation);
    assert.deepEqual(
      [run?.outcome, run?.phase, run?.error?.code, run?.by],
      ['failed', 'component-hub', 'INTERNAL', 'tester@here'],
    );
    assert.match(
      run === undefined ? '' : describeRun(run),
      /component-hub: INTERNAL: the disk of helm is full, by tester@here/,
    );
    await installOn(site.context);
    assert.equal(unfinishedRun((await stored()).installation), undefined);
  });

  test('a run that was cut off without a word is reported as such', async () => {
    await assert.rejects(
      installOn(site.context, (phase) => {
        if (phase === 'copy') {
          site.server.fail({ path: /configmaps/, times: 1000, how: { status: 500 } });
          throw new Error('power cut');
        }
      }),
    );
    site.server.mend();
    await installOn(site.context);
    const outcomes = (await stored()).installation.history.map(({ outcome, phase }) => `${outcome} ${phase}`);
    assert.deepEqual(outcomes, ['cut-off component-registry', 'done component-hub']);
  });

  for (const phase of [
    'address-workstation',
    'component-registry',
    'copy',
    'address-cluster',
    'component-hub',
  ]) {
    test(`a server that breaks down at ${phase} leaves what the next run finishes`, async () => {
      const reference = await scriptedSite({ charts: { hub: PARTS } });
      try {
        await installOn(reference.context);
        const broken = installOn(site.context, (begun) => {
          if (begun === phase) site.server.fail({ path: /^(?!\/version)/, times: 2, how: { status: 500 } });
        });
        await assert.rejects(broken);
        site.server.mend();
        await installOn(site.context);
        assert.deepEqual(site.server.names(), reference.server.names());
      } finally {
        await reference.close();
      }
    });
  }
});

test('a copy that fails says why', async () => {
  site.server.objects.controller = failingJobs(site.server.objects.controller);
  await assert.rejects(installOn(site.context), code('COPY_FAILED'));
});

test('an address without pods to lead to does not move', async () => {
  const bare = await scriptedSite({ registry: REGISTRY_CHART.filter(({ kind }) => kind !== 'Service') });
  try {
    await assert.rejects(installOn(bare.context), code('ADDRESS_NOT_MOVED'));
  } finally {
    await bare.close();
  }
});

test('nothing is applied of a component that names an image which is not in the bundle', async () => {
  const other = await scriptedSite({ charts: { hub: [deployment('web', 'images.example/other:1')] } });
  try {
    await assert.rejects(installOn(other.context), code('IMAGE_NOT_IN_BUNDLE'));
    assert.equal(other.server.objects.find('Deployment.apps hub/web'), undefined);
  } finally {
    await other.close();
  }
});

function failingJobs(controller: (object: KubeObject) => KubeObject) {
  return (object: KubeObject) =>
    object.kind === 'Job'
      ? { ...object, status: { conditions: [{ type: 'Failed', status: 'True' }] } }
      : controller(object);
}

async function stored() {
  const read = await readInstallation(site.context.client);
  assert.ok(read);
  return read;
}

function found(id: string): KubeObject {
  const object = site.server.objects.find(id);
  assert.ok(object, id);
  return object;
}

function change(id: string, data: Record<string, string>): void {
  site.server.objects.replace({ ...found(id), data });
}

function touch(id: string): void {
  site.server.objects.replace(found(id));
}

function pending({ phases }: { phases: readonly { phase: { id: string }; state: string }[] }): string[] {
  return phases.filter(({ state }) => state === 'run').map(({ phase }) => phase.id);
}
