import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import type { ReleaseCheck } from '../../../bundle/release-check.ts';
import { freshnessOf } from '../../../channel/client/freshness.ts';
import {
  CHECK_NOW,
  CheckSite,
  testBundle,
  testInstallation,
  webComponent,
} from '../../testing/upgrade-check.ts';
import type { ComponentChange } from '../../upgrade/component-changes.ts';
import { admission } from './admission.ts';
import { apiRemovals } from './api-removals.ts';
import { certificates } from './certificates.ts';
import { channelAge } from './channel-age.ts';
import { UPGRADE_CHECKS } from './checks.ts';
import { clockSkew } from './clock-skew.ts';
import { componentHealth } from './component-health.ts';
import { droppedKeys } from './dropped-keys.ts';
import { droppedObjects } from './dropped-objects.ts';
import { droppedReplicas } from './dropped-replicas.ts';
import type { Found } from './finding.ts';
import { kubernetesVersion } from './kubernetes-version.ts';
import { nodePulls } from './node-pulls.ts';
import { registryRoom } from './registry-room.ts';
import { releaseChecks } from './release-checks.ts';
import { rollouts } from './rollouts.ts';
import { allFindings, isBlocked, runChecks } from './run-checks.ts';
import { statement } from './statement.ts';
import { storage } from './storage.ts';
import { storedVersions } from './stored-versions.ts';
import { unfinishedRun } from './unfinished-run.ts';

const DAY = 24 * 60 * 60 * 1000;
const severities = (found: readonly Found[]) => found.map(({ severity }) => severity);

describe('checks before an upgrade', () => {
  let site: CheckSite;
  before(async () => {
    site = await CheckSite.start();
    for (const name of ['n1', 'n2', 'n3']) site.server.put(lease(name, CHECK_NOW));
  });
  beforeEach(() => site.server.mend());
  after(() => site.server.close());

  test('have ids and titles of their own', () => {
    assert.equal(new Set(UPGRADE_CHECKS.map(({ id }) => id)).size, UPGRADE_CHECKS.length);
    assert.equal(new Set(UPGRADE_CHECKS.map(({ title }) => title)).size, UPGRADE_CHECKS.length);
  });

  test('kubernetes-version: one that the release does not run on blocks', async () => {
    assert.deepEqual(await site.run(kubernetesVersion), []);
    const to = testBundle('1.1.0', { kubernetes: '>=1.35' });
    assert.deepEqual(severities(await site.run(kubernetesVersion, { subject: { to } })), ['blocks']);
  });

  test('api-removals: kinds that are not served block, old and new; those of own CRDs do not', async () => {
    const gadget = object('acme.example/v1', 'Gadget', 'g');
    const gone = object('policy/v1beta1', 'PodDisruptionBudget', 'p');
    const crd = definition('Gadget', 'acme.example', ['v1'], 'v1');
    const found = await site.run(apiRemovals, { subject: { components: [webComponent([gone], [gadget])] } });
    assert.deepEqual(severities(found), ['blocks', 'blocks']);
    assert.match(found.map(({ message }) => message).join(), /Helm can't upgrade it/);
    const brought = { subject: { components: [webComponent([], [gadget], [crd])] } };
    assert.deepEqual(await site.run(apiRemovals, brought), []);
  });

  test('stored-versions: objects that are written again are told, with their number', async () => {
    const migration = { from: ['v1'], to: 'v2' };
    const resources = [{ crd: 'gadgets.acme.example', component: 'web', objects: 7, migration }];
    const [found] = await site.run(storedVersions, { forecast: { resources } });
    assert.equal(found?.severity, 'notes');
    assert.match(found?.message ?? '', /7 objects .* as v1 .* as v2/);
  });

  test('component-health: what is not installed or not healthy blocks', async () => {
    const [found] = await site.run(componentHealth);
    assert.equal(found?.severity, 'blocks');
    assert.equal(found?.subject, 'component web');
  });

  test('rollouts: those under way warn, paused ones are told, others say nothing', async () => {
    assert.deepEqual(await site.run(rollouts), []);
    site.server.put(definition('Rollout', 'skerry.dev', ['v1alpha1'], 'v1alpha1'));
    assert.deepEqual(await site.run(rollouts), []);
    const rollout = (name: string, status?: object): KubeObject => ({
      ...object('skerry.dev/v1alpha1', 'Rollout', name, 'team'),
      spec: { profile: 'base', version: '1.1.0' },
      ...(status === undefined ? {} : { status }),
    });
    site.server.put(rollout('done', { phase: 'Complete' }), rollout('failed', { phase: 'Stopped' }));
    assert.deepEqual(await site.run(rollouts), []);
    site.server.put(
      rollout('going', { phase: 'Running', total: 12, ready: 3 }),
      rollout('held', { phase: 'Paused', total: 2, ready: 1 }),
      rollout('new'),
    );
    const found = await site.run(rollouts);
    assert.deepEqual(
      found.map(({ severity, subject, message }) => [severity, subject, message]),
      [
        ['warns', 'Rollout team/going', 'it brings base 1.1.0 to clusters, 3 of 12 are ready'],
        ['notes', 'Rollout team/held', 'it is paused on the way to base 1.1.0, 1 of 2 are ready'],
        ['warns', 'Rollout team/new', 'it brings base 1.1.0 to clusters'],
      ],
    );
    assert.match(found[0]?.remedy ?? '', /rollout pause going --project team/);
    for (const name of ['done', 'failed', 'going', 'held', 'new'])
      site.server.objects.delete(`Rollout.skerry.dev team/${name}`, {});
  });

  test('admission: pods that a policy refuses block; one that has no namespace yet says nothing', async () => {
    const deployment = workload('Deployment', 'web', 2);
    const subject = { components: [webComponent([], [deployment])] };
    site.server.put(object('v1', 'Namespace', 'web'));
    assert.deepEqual(await site.run(admission, { subject }), []);
    const message = 'pods "web" is forbidden: violates PodSecurity "restricted:latest"';
    site.server.fail({ method: 'POST', path: /namespaces\/web\/pods/, how: { status: 403, message } });
    const [found] = await site.run(admission, { subject });
    assert.equal(found?.severity, 'blocks');
    assert.match(found?.message ?? '', /PodSecurity/);
    assert.equal(
      site.server.names().some((name) => name.includes('preflight')),
      false,
    );
  });

  test('storage: a claim without a class blocks where there is no default; a lost volume blocks', async () => {
    const claim = { ...object('v1', 'PersistentVolumeClaim', 'data'), spec: {} };
    const subject = { components: [webComponent([], [claim])] };
    assert.deepEqual(severities(await site.run(storage, { subject })), ['blocks']);
    assert.deepEqual(
      await site.run(storage, { subject: { components: [webComponent([claim], [claim])] } }),
      [],
    );
    site.server.put({
      ...object('v1', 'PersistentVolumeClaim', 'old', 'web'),
      status: { phase: 'Lost' },
    });
    assert.deepEqual(severities(await site.run(storage)), ['blocks']);
    site.server.objects.delete('PersistentVolumeClaim web/old', {});
  });

  test('registry-room: too little blocks, not known is told', async () => {
    const room = { needBytes: 1000, capacityBytes: 10_000, usedBytes: 9500 };
    assert.deepEqual(await site.run(registryRoom), []);
    assert.deepEqual(
      severities(await site.run(registryRoom, { forecast: { registry: { ...room, freeBytes: 1050 } } })),
      ['blocks'],
    );
    const unknown = { forecast: { registry: { ...room, freeBytes: undefined } } };
    assert.deepEqual(severities(await site.run(registryRoom, unknown)), ['notes']);
  });

  test('node-pulls: too little room and pressure block, a node that is away is warned of', async () => {
    site.server.put(node('n1', ['Ready']), node('n2', ['Ready', 'DiskPressure']));
    const each = { images: 1, pullBytes: 1000, freeBytes: 2000 };
    const nodes = [
      { name: 'n1', ready: true, ...each },
      { name: 'n2', ready: true, ...each, freeBytes: 1_000_000 },
      { name: 'n3', ready: false, ...each },
    ];
    const found = await site.run(nodePulls, { forecast: { nodes } });
    assert.deepEqual(severities(found), ['blocks', 'blocks', 'warns']);
  });

  test('node-pulls: a pod whose image does not come blocks, with its node', async () => {
    site.server.put({
      ...object('v1', 'Pod', 'stuck', 'web'),
      spec: { nodeName: 'n2' },
      status: {
        containerStatuses: [
          { image: 'x', state: { waiting: { reason: 'ImagePullBackOff', message: 'no route' } } },
        ],
      },
    });
    const [found] = await site.run(nodePulls);
    assert.equal(found?.subject, 'node n2');
    assert.match(found?.message ?? '', /no route/);
    site.server.objects.delete('Pod web/stuck', {});
  });

  test('clock-skew: one that differs from the others is named, be it here', async () => {
    const nodes = ['n1', 'n2', 'n3'].map((name) => ({
      name,
      ready: true,
      images: 0,
      pullBytes: 0,
      freeBytes: 1,
    }));
    assert.deepEqual(await site.run(clockSkew, { forecast: { nodes } }), []);
    const here = await site.run(clockSkew, { forecast: { nodes }, clock: CHECK_NOW - 3650 * DAY });
    assert.deepEqual(
      here.map(({ subject }) => subject),
      ['this workstation'],
    );
    site.server.objects.delete('Lease.coordination.k8s.io kube-node-lease/n3', {});
    site.server.put(lease('n3', CHECK_NOW + 2 * DAY));
    const there = await site.run(clockSkew, { forecast: { nodes } });
    assert.deepEqual(
      there.map(({ subject }) => subject),
      ['node n3'],
    );
  });

  test('certificates: one that ended blocks, one that ends soon warns', async () => {
    const one = (name: string, daysLeft: number) => ({
      ...{ name, where: 'Secret a/b', until: '2026-12-01T00:00:00Z', daysLeft, renewedBy: 'the hub' },
    });
    const all = [one('old', -1), one('soon', 3), one('good', 300)];
    assert.deepEqual(severities(await site.run(certificates, { certificates: all })), ['blocks', 'warns']);
    assert.deepEqual(await site.run(certificates), []);
  });

  test('channel-age: an expired one blocks unless it is accepted, a clock that is years behind warns', async () => {
    const expired = freshnessOf({ timestamp: CHECK_NOW - DAY }, { clock: CHECK_NOW, lastSeen: 0 });
    assert.deepEqual(severities(await site.run(channelAge, { channel: expired })), ['blocks']);
    const accepted = await site.run(channelAge, { channel: expired, acceptExpired: true });
    assert.deepEqual(severities(accepted), ['warns']);
    const behind = freshnessOf(
      { timestamp: CHECK_NOW + 90 * DAY },
      { clock: CHECK_NOW - 3650 * DAY, lastSeen: CHECK_NOW },
    );
    const [found] = await site.run(channelAge, { channel: behind });
    assert.equal(found?.severity, 'warns');
    assert.match(found?.message ?? '', /10\.0 years behind/);
    const fresh = freshnessOf({ timestamp: CHECK_NOW + 90 * DAY }, { clock: CHECK_NOW, lastSeen: 0 });
    assert.deepEqual(await site.run(channelAge, { channel: fresh }), []);
  });

  test('unfinished-run: what is under way blocks, a failed run that was mended is told', async () => {
    assert.deepEqual(await site.run(unfinishedRun), []);
    const installing = testInstallation({ state: 'installing' });
    assert.deepEqual(severities(await site.run(unfinishedRun, { subject: { installation: installing } })), [
      'blocks',
    ]);
    const { release } = installing;
    const run = { action: 'install', release, by: 'a@b', startedAt: '2026', outcome: 'failed' } as const;
    const failed = testInstallation({ history: [run] });
    assert.deepEqual(severities(await site.run(unfinishedRun, { subject: { installation: failed } })), [
      'notes',
    ]);
  });

  test('dropped-objects: removed components are named', async () => {
    const change: ComponentChange = { name: 'web', namespace: 'web', crds: [], health: [], action: 'remove' };
    const [found] = await site.run(droppedObjects, { subject: { changes: [change] } });
    assert.equal(found?.subject, 'component web');
  });

  test('dropped-replicas: two that become one', async () => {
    const [two, none] = [workload('Deployment', 'web', 2), workload('Deployment', 'web', undefined)];
    const drops = { subject: { components: [webComponent([two], [none])] } };
    assert.deepEqual(severities(await site.run(droppedReplicas, drops)), ['warns']);
    const keeps = { subject: { components: [webComponent([two], [two])] } };
    assert.deepEqual(await site.run(droppedReplicas, keeps), []);
  });

  test('dropped-keys: a credential that stays behind', async () => {
    const secret = (stringData: Record<string, string>) => ({ ...object('v1', 'Secret', 's'), stringData });
    const components = [webComponent([secret({ a: '1', b: '2' })], [secret({ a: '1' })])];
    const [found] = await site.run(droppedKeys, { subject: { components } });
    assert.match(found?.message ?? '', /no b in it/);
    assert.doesNotMatch(JSON.stringify(found), /"2"/);
  });

  test('statement: none warns, not known is told', async () => {
    assert.deepEqual(severities(await site.run(statement, { proven: false })), ['warns']);
    assert.deepEqual(await site.run(statement, { proven: true }), []);
    assert.deepEqual(severities(await site.run(statement)), ['notes']);
  });

  test('release-checks: what the release asks for, by expression', async () => {
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'web', name: 'settings' };
    const check: ReleaseCheck = {
      object: settings,
      cel: 'self.data.mode == "new"',
      missing: 'fails',
      severity: 'blocks',
      message: 'the old mode is gone',
      remedy: 'set mode to new',
    };
    const subject = { to: testBundle('1.1.0', { preflight: [check] }) };
    assert.deepEqual(severities(await site.run(releaseChecks, { subject })), ['blocks']);
    site.server.put({ ...object('v1', 'ConfigMap', 'settings', 'web'), data: { mode: 'old' } });
    const [found] = await site.run(releaseChecks, { subject });
    assert.deepEqual([found?.message, found?.remedy], ['the old mode is gone', 'set mode to new']);
    site.server.objects.delete('ConfigMap web/settings', {});
    site.server.put({ ...object('v1', 'ConfigMap', 'settings', 'web'), data: { mode: 'new' } });
    assert.deepEqual(await site.run(releaseChecks, { subject }), []);
  });

  test('that can’t look warn, those that take too long too, and others go on', async () => {
    const broken = { ...statement, id: 'broken', run: () => Promise.reject(new Error('no answer')) };
    const slow = {
      ...{ ...statement, id: 'slow' },
      run: async ({ subject }: Parameters<typeof statement.run>[0]) => {
        await new Promise((_, reject) =>
          subject.engine.signal.addEventListener('abort', () => reject(subject.engine.signal.reason)),
        );
        return [];
      },
    };
    const results = await runChecks([broken, slow, statement], site.context({ proven: false }), {
      limitMs: 50,
    });
    assert.deepEqual(
      allFindings(results).map(({ id, severity }) => [id, severity]),
      [
        ['broken', 'warns'],
        ['slow', 'warns'],
        ['statement', 'warns'],
      ],
    );
    assert.equal(isBlocked(results), false);
  });

  test('of a later hop are only those that say something of the release', async () => {
    const ids = (await runChecks(UPGRADE_CHECKS, site.context({ subject: { isLater: true } }))).map(
      ({ id }) => id,
    );
    assert.ok(ids.includes('kubernetes-version') && ids.includes('statement'));
    assert.equal(ids.includes('component-health'), false);
  });
});

function object(apiVersion: string, kind: string, name: string, namespace?: string): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

function workload(kind: string, name: string, replicas: number | undefined): KubeObject {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: 'x' }] } };
  return {
    ...object('apps/v1', kind, name),
    spec: { ...(replicas === undefined ? {} : { replicas }), template },
  };
}

function node(name: string, conditions: readonly string[]): KubeObject {
  return {
    ...object('v1', 'Node', name),
    status: { conditions: conditions.map((type) => ({ type, status: 'True' })) },
  };
}

function lease(name: string, time: number): KubeObject {
  return {
    ...object('coordination.k8s.io/v1', 'Lease', name, 'kube-node-lease'),
    spec: { renewTime: new Date(time).toISOString() },
  };
}

function definition(kind: string, group: string, versions: readonly string[], stored: string): KubeObject {
  const plural = `${kind.toLowerCase()}s`;
  return {
    ...object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${plural}.${group}`),
    spec: {
      ...{ group, scope: 'Namespaced', names: { kind, plural } },
      versions: versions.map((name) => ({ name, served: true, storage: name === stored })),
    },
  };
}
