import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { applyError } from '../../apply/errors.ts';
import { objectAt } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import { recordOf } from '../testing/scripted-helm.ts';
import { deployment, REGISTRY_CHART } from '../testing/scripted-site.ts';
import { Killed, ScriptedUpgrade } from '../testing/scripted-upgrade.ts';
import { planRollback, requireSameWay } from './rollback-plan.ts';

let upgrade: ScriptedUpgrade | undefined;
afterEach(async () => {
  await upgrade?.close();
  upgrade = undefined;
});

function settings(name: string, data: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

function notes(...fields: readonly string[]): KubeObject {
  return definition('notes', 'Note', fields);
}

function definition(plural: string, kind: string, fields: readonly string[]): KubeObject {
  const properties = Object.fromEntries(fields.map((field) => [field, { type: 'string' }]));
  const openAPIV3Schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties } },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example` },
    spec: {
      group: 'example',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}

const NOTE = { apiVersion: 'example/v1', kind: 'Note', metadata: { name: 'a', namespace: 'hub' } };
const BEFORE = {
  hub: [notes('text'), deployment('hub'), settings('hub', { version: '1.0.0' })],
  same: [deployment('same')],
  old: [deployment('old')],
};
const AFTER = {
  hub: [notes('text', 'more'), deployment('hub'), settings('hub', { version: '1.1.0' })],
  same: [deployment('same')],
  extra: [deployment('extra')],
};

async function start(): Promise<ScriptedUpgrade> {
  upgrade = await ScriptedUpgrade.start(BEFORE, AFTER, { changed: ['hub'] });
  upgrade.site.server.put({ ...NOTE, spec: { text: 'one' } });
  return upgrade;
}

/** What there is of the platform, apart from what Helm and the installer keep for themselves. */
function shown({ site }: ScriptedUpgrade) {
  const { objects } = site.server;
  const deployments = objects.all().filter(({ kind }) => kind === 'Deployment');
  return {
    deployments: deployments.map(({ metadata }) => metadata.name).sort(),
    hub: objectAt(objects.find('ConfigMap hub/hub'), 'data'),
    note: objectAt(objects.find('Note.example hub/a'), 'spec'),
  };
}

const OLD = {
  deployments: ['hub', 'old', 'same', 'skerry-registry'],
  hub: { version: '1.0.0' },
  note: { text: 'one' },
};
const NEW = {
  deployments: ['extra', 'hub', 'same', 'skerry-registry'],
  hub: { version: '1.1.0' },
  note: { text: 'one' },
};

test('an upgrade leaves the new release, and going back the one before, as it was', async () => {
  const site = await start();
  const phases: string[] = [];
  await site.run((phase) => phases.push(phase));
  assert.deepEqual(phases, [
    ...['stage', 'pre-pull', 'checkpoint', 'images'],
    ...['component-hub', 'component-extra', 'component-old', 'commit'],
  ]);
  assert.deepEqual(shown(site), NEW);
  const { state, release, upgrade, previous } = await site.record();
  assert.deepEqual(
    [state, release.version, upgrade, previous?.release.version],
    ['installed', '1.1.0', undefined, '1.0.0'],
  );

  site.site.server.objects.apply({ ...NOTE, spec: { text: 'two', more: 'new' } }, 'user');
  const { differences } = await site.rollBack();
  assert.deepEqual(differences, []);
  assert.deepEqual(shown(site), OLD);
  const back = await site.record();
  assert.deepEqual(
    [back.state, back.release.version, back.upgrade, back.previous],
    ['installed', '1.0.0', undefined, undefined],
  );
});

const PHASES = [
  'stage',
  'pre-pull',
  'checkpoint',
  'images',
  'component-hub',
  'component-extra',
  'component-old',
];

function dying(at: string): (phase: string) => void {
  return (phase) => {
    if (phase === at) throw new Killed(at);
  };
}

test('an upgrade that was cut off before any phase is ended by another run, or taken back', async () => {
  for (const phase of [...PHASES, 'commit']) {
    const site = await start();
    await assert.rejects(site.run(dying(phase)), Killed);
    assert.equal((await site.record()).state, 'upgrading');
    await site.run();
    assert.deepEqual(shown(site), NEW, phase);
    await site.close();

    const other = await start();
    await assert.rejects(other.run(dying(phase)), Killed);
    assert.deepEqual((await other.rollBack()).differences, [], phase);
    assert.deepEqual(shown(other), OLD, phase);
    await other.close();
    upgrade = undefined;
  }
});

test('going back that was cut off before any step is ended by another run', async () => {
  const steps = ['back-component-old', 'back-component-extra', 'back-component-hub', 'back-images'];
  for (const step of [...steps, 'restore', 'health', 'compare', 'record']) {
    const site = await start();
    await site.run();
    await assert.rejects(site.rollBack(dying(step)), Killed);
    assert.equal((await site.record()).state, 'rolling-back');
    await assert.rejects(site.run(), { code: 'UPGRADE_UNDER_WAY' });
    assert.deepEqual((await site.rollBack()).differences, [], step);
    assert.deepEqual(shown(site), OLD, step);
    await site.close();
    upgrade = undefined;
  }
});

test('a component of which Helm calls no revision deployed was there before, and is not taken away', async () => {
  const site = await start();
  const hub = { name: 'hub', namespace: 'hub' };
  const applied = BEFORE.hub.slice(1).map((object) => ({
    ...object,
    metadata: { namespace: 'hub', ...object.metadata },
  }));
  site.site.server.objects.apply(recordOf(hub, applied, { status: 'superseded' }), 'somebody');
  await assert.rejects(site.run(dying('component-old')), Killed);
  assert.deepEqual((await site.rollBack()).differences, []);
  assert.deepEqual(shown(site), OLD);
});

test('an upgrade that another workstation has ended meanwhile is not begun again, nor is what can be returned to lost', async () => {
  const site = await start();
  assert.equal(await site.run(), true);
  assert.equal(await site.run(), false);
  assert.equal((await site.record()).previous?.release.version, '1.0.0');
});

test('without a checkpoint that can be read nothing turns back', async () => {
  const site = await start();
  await site.run();
  const key = site.site.server.objects.find('Secret skerry-system/skerry-checkpoint-key');
  assert.ok(key);
  site.site.server.objects.delete(describeObject(key));
  await assert.rejects(site.rollBack(), { code: 'CHECKPOINT_UNREADABLE' });
  assert.deepEqual([(await site.record()).state, shown(site)], ['installed', NEW]);
  site.site.server.put(key);
  site.site.server.fail({ path: /\/proxy\//, times: 99, how: { status: 503 } });
  await assert.rejects(site.rollBack(), { code: 'REGISTRY_UNREACHABLE' });
  assert.equal((await site.record()).state, 'installed');
});

test('what users do before anything is changed stays', async () => {
  const site = await start();
  await assert.rejects(site.run(dying('images')), Killed);
  site.site.server.objects.apply({ ...NOTE, spec: { text: 'two' } }, 'user');
  await site.rollBack();
  assert.deepEqual(shown(site), { ...OLD, note: { text: 'two' } });

  await assert.rejects(site.run(dying('images')), Killed);
  site.site.server.objects.apply({ ...NOTE, spec: { text: 'three' } }, 'user');
  await assert.rejects(site.run(dying('component-extra')), Killed);
  assert.deepEqual((await site.rollBack()).differences, []);
  assert.deepEqual(shown(site), { ...OLD, note: { text: 'three' } });
});

test('what another workstation did while the lock was waited for is not taken back instead', async () => {
  const site = await start();
  await site.run();
  const { client, random, signal } = site.input;
  const plan = await planRollback({ client, random, signal });
  requireSameWay(plan, plan);
  const { upgrade } = plan.record;
  assert.ok(upgrade);
  const older = { ...upgrade.from, version: '0.9.0', digest: upgrade.to.digest };
  const now = { ...plan, record: { ...plan.record, upgrade: { ...upgrade, from: older, to: upgrade.from } } };
  assert.throws(() => requireSameWay(plan, now), { code: 'PLAN_CHANGED' });
});

test('what is taken over by a word is written down, so that nothing deletes it', async () => {
  const site = await start();
  const word = 'ConfigMap/hub/theirs';
  site.site.server.put({ ...settings('theirs', { a: 'b' }), metadata: { name: 'theirs', namespace: 'hub' } });
  site.site.helm.charts = {
    ...site.site.helm.charts,
    hub: [...AFTER.hub, settings('theirs', { a: 'c' })],
  };
  await assert.rejects(site.run(), { code: 'FOREIGN_OBJECT' });
  Object.assign(site.input, { adopt: [word] });
  await site.run();
  assert.deepEqual((await site.record()).adopted, [word]);
});

test('what is not healthy before its settings are back is so afterwards, and does not stop going back', async () => {
  const site = await start();
  const { objects } = site.site.server;
  const users = { ...settings('users', { who: 'all' }), metadata: { name: 'users', namespace: 'hub' } };
  site.site.server.put(users);
  await site.run();
  objects.apply({ ...users, data: { who: 'nobody' } }, 'the new release');
  const { controller } = objects;
  let isBroken = true;
  objects.controller = (object) => {
    if (object.kind === 'ConfigMap' && object.metadata.name === 'users') {
      isBroken = false;
      const hub = objects.find('Deployment.apps hub/hub');
      if (hub !== undefined) queueMicrotask(() => objects.replace(hub));
    }
    const isHub = object.kind === 'Deployment' && object.metadata.name === 'hub';
    return isHub && isBroken ? { ...object, status: FAILED } : controller(object);
  };
  const steps: string[] = [];
  assert.deepEqual((await site.rollBack((step) => steps.push(step))).differences, []);
  assert.equal(isBroken, false);
  assert.deepEqual(steps.slice(-4), ['restore', 'health', 'compare', 'record']);
  assert.deepEqual(shown(site), OLD);
});

const FAILED = {
  observedGeneration: 1,
  replicas: 1,
  conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
};

test('what is not healthy in the end either keeps the record as it is, and the next run goes on', async () => {
  const site = await start();
  await site.run();
  const { objects } = site.site.server;
  const { controller } = objects;
  objects.controller = (object) =>
    object.kind === 'Deployment' && object.metadata.name === 'hub'
      ? { ...object, status: FAILED }
      : controller(object);
  await assert.rejects(site.rollBack(), { code: 'HEALTH_TIMEOUT' });
  assert.equal((await site.record()).state, 'rolling-back');
  objects.controller = controller;
  assert.deepEqual((await site.rollBack()).differences, []);
  assert.deepEqual(shown(site), OLD);
});

test('a registry whose upgrade is stopped has no workstation behind its address that nobody serves', async () => {
  upgrade = await ScriptedUpgrade.start({}, {}, { changed: ['registry'] });
  const slice = 'EndpointSlice.discovery.k8s.io skerry-system/skerry-registry-workstation';
  const { server } = upgrade.site;
  const stop = new AbortController();
  let was = false;
  server.onCall = () => {
    if (server.objects.find(slice) === undefined || was) return;
    was = true;
    stop.abort(installerError('INTERRUPTED', { subject: 'SIGINT' }));
  };
  await assert.rejects(
    upgrade.run(() => {}, stop.signal),
    { code: 'INTERRUPTED' },
  );
  assert.equal(was, true);
  assert.equal(server.objects.find(slice), undefined);
  assert.equal((await upgrade.record()).upgrade?.direction, 'forward');
  await upgrade.run();
  assert.equal((await upgrade.record()).release.version, '1.1.0');
});

test('a release of Helm that was adopted is not uninstalled on the way back', async () => {
  const site = await start();
  site.site.server.put(recordOf({ name: 'extra', namespace: 'extra' }));
  Object.assign(site.input, { adopt: ['HelmRelease/extra/extra'] });
  await site.run();
  await site.rollBack();
  assert.deepEqual(shown(site).deployments, ['extra', ...OLD.deployments]);
});

test('an upgrade needs the right to read from the registry through the API server', async () => {
  const site = await start();
  site.site.server.denied = ({ verb, resource, name }) =>
    verb === '*' || (resource === 'services/proxy' && name === 'http:skerry-registry-store:5000');
  await assert.rejects(site.run(), { code: 'PERMISSION_MISSING', detail: 'get services/proxy' });
  assert.equal((await site.record()).state, 'installed');
});

test('a registry that does not answer is returned before its definitions, which are in the checkpoint that it holds', async () => {
  const registry = [...REGISTRY_CHART, notes('text')];
  upgrade = await ScriptedUpgrade.start({}, {}, { changed: ['registry'], registry });
  const { server } = upgrade.site;
  await assert.rejects(upgrade.run(dying('commit')), Killed);
  const [[path, origin] = ['', '']] = server.proxies;
  server.proxies.delete(path);
  server.onCall = () => {
    // The revision that Helm makes of the one before.
    if (server.objects.find('Secret skerry-system/sh.helm.release.v1.registry.v3') !== undefined)
      server.proxies.set(path, origin);
  };
  assert.deepEqual((await upgrade.rollBack()).differences, []);
  assert.equal((await upgrade.record()).release.version, '1.0.0');
});

test('an upgrade that can not go on without its registry names going back as the way', async () => {
  upgrade = await ScriptedUpgrade.start({}, {}, { changed: ['registry'] });
  await assert.rejects(upgrade.run(dying('commit')), Killed);
  upgrade.site.server.proxies.clear();
  await assert.rejects(
    upgrade.run(),
    (error) => isSkerryError(error, 'REGISTRY_UNREACHABLE') && /skerry rollback/.test(error.remedy),
  );
});

test('a definition of the new release of which there are objects stays, and is still ours', async () => {
  const things = definition('things', 'Thing', ['text']);
  const after = { ...AFTER, extra: [things, deployment('extra')] };
  upgrade = await ScriptedUpgrade.start(BEFORE, after, { changed: ['hub'] });
  upgrade.site.server.put({ ...NOTE, spec: { text: 'one' } });
  await upgrade.run();
  upgrade.site.server.put({ ...NOTE, kind: 'Thing', spec: { text: 'mine' } });
  await upgrade.rollBack();
  assert.ok(upgrade.site.server.objects.find('Thing.example hub/a'));
  assert.deepEqual((await upgrade.record()).components[0]?.crds, ['things.example']);
  upgrade.site.helm.charts = { ...upgrade.site.helm.charts, ...after };
  await upgrade.run();
  assert.deepEqual(shown(upgrade), NEW);
});

test('what came with the new release goes also where its own hooks for that fail', async () => {
  const site = await start();
  await site.run();
  site.site.helm.failures.set('extra', applyError('WORKLOAD_FAILED', { subject: 'Job extra/bye' }));
  assert.deepEqual((await site.rollBack()).differences, []);
  assert.deepEqual(shown(site), OLD);
});
