// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are the variables of profiles written
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { contentError } from '../../../content/errors.ts';
import type { ClusterSpec } from '../../api/cluster.ts';
import { packOf, profileOf } from '../compile/testing/sample.ts';
import type { ClusterWorld } from '../controller/cluster-work.ts';
import { workOnCluster } from '../controller/cluster-work.ts';
import { clusterObject, PROJECT, profileObject, startHubCluster } from '../controller/testing/hub-cluster.ts';
import { ManualClock } from '../controller/testing/manual-clock.ts';
import { sampleWorld } from '../controller/testing/sample-world.ts';
import { StoredCluster } from '../watched/stored.ts';
import { clusterFindings } from './cluster-findings.ts';
import { Planner } from './planner.ts';

const { signal } = new AbortController();
const page = { limit: 20 };
const WEB = profileOf([packOf('a', { values: 'replicas: 2' }), packOf('b')]);
const NEXT = profileOf([packOf('a', { values: 'replicas: 3' }), packOf('c')], { version: '1.1.0' });

describe('a plan', () => {
  let server: ScriptedApiServer;
  let world: ClusterWorld;
  let planner: Planner;

  beforeEach(async () => {
    server = await startHubCluster();
    world = sampleWorld(server, new ManualClock(), new Map());
    const clusters = () =>
      server.objects
        .all()
        .filter(({ kind }) => kind === 'Cluster')
        .map((object) => StoredCluster.parse(object));
    planner = new Planner({ ...world, clusters, checkMade: async () => [], checkProfile: async () => [] });
    const profiles = [{ name: 'web', version: '1.0.0' }];
    server.put(profileObject(WEB), clusterObject('one', { profiles }), clusterObject('bare'));
    await workOnCluster(world, `${PROJECT}/one`, signal);
  });
  afterEach(async () => await server.close());

  const layersOf = (plan: Awaited<ReturnType<Planner['cluster']>>) =>
    plan.clusters.map(({ name, layers }) => [name, ...layers.map(({ name, change }) => `${change} ${name}`)]);
  const codes = (faults: readonly { code: string; pointer: string }[] = []) =>
    faults.map(({ code, pointer }) => `${code} ${pointer}`);

  test('of a cluster says what becomes of each layer, and nothing is written', async () => {
    const before = JSON.stringify(server.objects.all());
    const same = await planner.cluster({ project: PROJECT, name: 'one', spec: undefined }, signal);
    assert.deepEqual(layersOf(same), [['one', 'none a', 'none b']]);
    server.put(profileObject(NEXT));
    const spec = { agent: { key: 'x' }, profiles: [{ name: 'web', version: '1.1.0' }] };
    const changed = await planner.cluster({ project: PROJECT, name: 'one', spec }, signal);
    assert.deepEqual(layersOf(changed), [['one', 'change a', 'add c', 'remove b']]);
    const fresh = await planner.cluster({ project: PROJECT, name: 'new', spec }, signal);
    assert.deepEqual(layersOf(fresh), [['new', 'add a', 'add c']]);
    const after = server.objects.all().filter(({ metadata }) => metadata.name !== 'web-1.1.0');
    assert.equal(JSON.stringify(after), before);
  });

  test('of a profile that is still to be made says which clusters would change, and how', async () => {
    const plan = await planner.profile({ project: PROJECT, name: 'web-1.1.0', spec: NEXT }, page, signal);
    assert.deepEqual(layersOf(plan), [['one', 'change a', 'add c', 'remove b']]);
    const [one] = plan.clusters;
    assert.deepEqual([plan.total, one?.profileVersion], [1, '1.0.0']);
    assert.deepEqual(one?.layers[0]?.values, [{ pointer: '/replicas', before: 2, after: 3 }]);
    const misnamed = await planner.profile({ project: PROJECT, name: 'web-2', spec: NEXT }, page, signal);
    assert.deepEqual(codes(misnamed.errors), ['FIELD_INVALID /name']);
  });

  test('of a profile goes on page by page', async () => {
    const profiles = [{ name: 'web', version: '1.0.0' }];
    for (const name of ['three', 'two']) server.put(clusterObject(name, { profiles }));
    const asked = { project: PROJECT, name: 'web-1.0.0', spec: undefined };
    const first = await planner.profile(asked, { limit: 2 }, signal);
    assert.deepEqual([first.clusters.map(({ name }) => name), first.total], [['one', 'three'], 3]);
    const second = await planner.profile(asked, { limit: 2, continue: first.continue }, signal);
    assert.deepEqual([second.clusters.map(({ name }) => name), second.continue], [['two'], undefined]);
  });

  test('says what is wrong, and apart from it what a cluster would wait for', async () => {
    const profiles = [
      { name: 'web', version: '1.0.0', variables: [{ name: 'color', value: 'red' }] },
      { name: 'other', version: '9.0.0' },
    ];
    const maintenance = [{ start: '03:00', minutes: 10, days: ['mon' as const] }];
    const { clusters } = await planner.cluster(
      { project: PROJECT, name: 'one', spec: { profiles, policy: { maintenance } } },
      signal,
    );
    assert.deepEqual(codes(clusters[0]?.errors), ['VARIABLE_UNKNOWN /spec/profiles/0/variables/0/name']);
    assert.deepEqual(codes(clusters[0]?.warnings), ['PROFILE_NOT_FOUND /spec/profiles/1/version']);
    assert.deepEqual([clusters[0]?.layers, clusters[0]?.opensAt], [[], '2026-01-05T03:00:00.000Z']);
  });

  test('is of what there is', async () => {
    for (const asked of [
      planner.cluster({ project: PROJECT, name: 'none', spec: undefined }, signal),
      planner.profile({ project: PROJECT, name: 'none-1.0.0', spec: undefined }, page, signal),
    ])
      await assert.rejects(asked, (error) => isSkerryError(error, 'OBJECT_NOT_FOUND'));
  });

  describe('of a cluster that is about to be written', () => {
    const found = async (spec: ClusterSpec, stored?: StoredCluster) =>
      (await clusterFindings(world, { project: PROJECT, name: 'one', spec }, stored, signal)).map(
        ({ code }) => code,
      );

    test('finds what compiling would find', async () => {
      const stored = world.cluster(`${PROJECT}/one`);
      assert.deepEqual(await found({ profiles: [] }, stored), ['PROFILES_MISSING']);
      assert.deepEqual(await found({ profiles: [], policy: { allowEmpty: true } }, stored), []);
      assert.deepEqual(await found({ profiles: [{ name: 'web', version: '2.0.0' }] }), ['PROFILE_NOT_FOUND']);
      const maintenance = [{ start: '03:00', minutes: 10, timeZone: 'Nowhere/Land' }];
      assert.deepEqual(await found({ policy: { maintenance, allowEmpty: true } }), [
        'MAINTENANCE_WINDOW_INVALID',
      ]);
    });

    test('does not find again what was wrong before, so that anything else can be changed', async () => {
      const profiles = [{ name: 'web', version: '1.0.0', variables: [{ name: 'color', value: 'red' }] }];
      server.put(clusterObject('wrong', { profiles }));
      const stored = world.cluster(`${PROJECT}/wrong`);
      assert.deepEqual(await found({ profiles }), ['VARIABLE_UNKNOWN']);
      assert.deepEqual(await found({ profiles, policy: { drift: { mode: 'alert' } } }, stored), []);
      assert.deepEqual(await found({ profiles, paused: true }, stored), []);
      const more = [
        { name: 'x', value: 'y' },
        { name: 'color', value: 'red' },
      ];
      const worse = [{ name: 'web', version: '1.0.0', variables: more }];
      assert.deepEqual(await found({ profiles: worse }, stored), ['VARIABLE_UNKNOWN', 'VARIABLE_UNKNOWN']);
    });

    test('is written also while the registry is away', async () => {
      world = {
        ...world,
        lookUp: async () => {
          throw contentError('REGISTRY_UNREACHABLE', { subject: 'registry' });
        },
      };
      assert.deepEqual(await found({ profiles: [{ name: 'web', version: '1.0.0' }] }), [
        'REGISTRY_UNREACHABLE',
      ]);
    });
  });
});
