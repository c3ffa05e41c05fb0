import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { digestOf } from '../../../content/digest.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { ClusterSpec } from '../../api/cluster.ts';
import { API_VERSION } from '../../api/group.ts';
import { ENVELOPE_TYPE, type Envelope } from '../../desired/envelope.ts';
import type { Report } from '../../desired/report.ts';
import { platformError } from '../../errors.ts';
import { inputOf, made, packOf, profileOf } from '../compile/testing/sample.ts';
import { type ClusterWorld, workOnCluster } from './cluster-work.ts';
import { conditionOf } from './conditions.ts';
import {
  clusterObject,
  editSpec,
  PROJECT,
  profileObject,
  readCluster,
  reportOf,
  startHubCluster,
} from './testing/hub-cluster.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { envelopes, sampleSign, sampleWorld, storedRevisions } from './testing/sample-world.ts';

const KEY = `${PROJECT}/edge`;
const use = (version: string, name = 'web') => ({ profiles: [{ name, version }] });

describe('the work on a cluster', () => {
  let server: ScriptedApiServer;
  let clock: ManualClock;
  let world: ClusterWorld;
  let reports: Map<string, Report>;
  const { signal } = new AbortController();

  beforeEach(async () => {
    server = await startHubCluster();
    clock = new ManualClock();
    reports = new Map();
    world = sampleWorld(server, clock, reports);
    const profile = (version: string, ...names: string[]) =>
      profileObject(
        profileOf(
          names.map((name) => packOf(name)),
          { version },
        ),
      );
    server.put(profile('1.0.0', 'a', 'b'), profile('2.0.0', 'a'), profile('3.0.0', 'a', 'missing'));
  });

  afterEach(async () => await server.close());

  const work = async () => await workOnCluster(world, KEY, signal);
  const condition = (type: string) => conditionOf(readCluster(server, 'edge').status.conditions, type);
  const numbers = () => storedRevisions(server).map(({ spec }) => spec.number);
  const deletes = () => server.calls.filter((call) => call.startsWith('DELETE'));

  function put(spec: ClusterSpec, status: object = {}): void {
    server.put(clusterObject('edge', spec, status));
  }

  /** As the door stores what an agent held. */
  function putAdopted(envelope: Envelope): void {
    const bytes = Buffer.from(JSON.stringify(envelope));
    const spec = {
      cluster: 'edge',
      number: envelope.number,
      digest: digestOf(bytes),
      envelope: JSON.stringify(sampleSign(ENVELOPE_TYPE, bytes)),
      cause: 'adopted',
    };
    const metadata = { name: `edge-${envelope.number}`, namespace: PROJECT };
    server.put({ apiVersion: API_VERSION, kind: 'ClusterRevision', metadata, spec });
  }

  test('makes a revision, says which, and makes none again without a change', async () => {
    put(use('1.0.0'));
    await work();
    await work();
    assert.deepEqual(numbers(), [1]);
    const { status } = readCluster(server, 'edge');
    const [revision] = storedRevisions(server);
    assert.equal(status.desired?.number, 1);
    assert.equal(status.desired?.digest, revision?.spec.digest);
    assert.ok(revision?.spec.releasedAt !== undefined);
    assert.equal(condition('Compiled')?.status, 'True');
    assert.equal(revision?.metadata.labels['skerry.dev/cluster'], 'edge');
  });

  test('a cluster whose agent was locked out is seen as it is asked for, and gets nothing', async () => {
    put(use('1.0.0'));
    await work();
    editSpec(server, 'edge', { ...use('2.0.0'), agent: {} });
    await work();
    const { metadata, status } = readCluster(server, 'edge');
    assert.equal(status.observedGeneration, metadata.generation);
    assert.equal(condition('Enrolled')?.status, 'False');
    assert.deepEqual(numbers(), [1]);
  });

  test('a change makes the next one, which names what left; the last three are kept', async () => {
    put(use('1.0.0'));
    for (const version of ['1.0.0', '2.0.0', '1.0.0', '2.0.0', '1.0.0']) {
      editSpec(server, 'edge', use(version));
      await work();
    }
    assert.deepEqual(numbers(), [3, 4, 5]);
    assert.deepEqual(
      envelopes(server)[1]?.remove.map(({ name }) => name),
      ['b'],
    );
    assert.ok(deletes().every((call) => /\/clusterrevisions\/edge-[12]$/.test(call)));
  });

  test('a cluster without an accepted agent gets nothing', async () => {
    put({ ...use('1.0.0'), agent: {} });
    await work();
    assert.deepEqual(numbers(), []);
    assert.equal(condition('Enrolled')?.status, 'False');
  });

  test('what is wrong is said with its code, and what the cluster has stays', async () => {
    put(use('1.0.0'));
    await work();
    editSpec(server, 'edge', use('3.0.0'));
    const { againMs } = await work();
    assert.deepEqual(numbers(), [1]);
    assert.equal(condition('Compiled')?.status, 'False');
    assert.equal(condition('Compiled')?.reason, 'PACK_NOT_FOUND');
    assert.ok(againMs !== undefined);
    editSpec(server, 'edge', use('2.0.0'));
    await work();
    assert.equal(condition('Compiled')?.status, 'True');
  });

  test('outside of its window a revision is made and held; it is released when the window opens', async () => {
    const maintenance = [{ start: '02:00', minutes: 60 }];
    put({ ...use('1.0.0'), policy: { maintenance } });
    const { againMs } = await work();
    assert.deepEqual(numbers(), [1]);
    assert.equal(storedRevisions(server)[0]?.spec.releasedAt, undefined);
    assert.equal(condition('Released')?.status, 'False');
    assert.ok(againMs !== undefined && againMs <= 2 * 3_600_000);
    clock.advance(2.5 * 3_600_000);
    await work();
    assert.deepEqual(numbers(), [1]);
    assert.ok(storedRevisions(server)[0]?.spec.releasedAt !== undefined);
    assert.equal(condition('Released')?.status, 'True');
  });

  test('a paused cluster gets the pause with what it has, and gets nothing new', async () => {
    put(use('1.0.0'));
    await work();
    editSpec(server, 'edge', { ...use('2.0.0'), paused: true });
    await work();
    await work();
    assert.deepEqual(numbers(), [1, 2]);
    const [before, paused] = envelopes(server);
    assert.deepEqual(paused?.layers, before?.layers);
    assert.equal(paused?.paused, true);
    editSpec(server, 'edge', { paused: false });
    await work();
    assert.deepEqual(
      envelopes(server)[2]?.remove.map(({ name }) => name),
      ['b'],
    );
  });

  test('a revision of this number that another hub made is not overwritten', async () => {
    put(use('1.0.0'));
    putAdopted({ ...(await made(inputOf(profileOf([packOf('a')])))), number: 1 });
    world = { ...world, revisions: () => [] };
    await assert.rejects(work(), (error) => isSkerryError(error, 'OBJECT_CHANGED'));
    assert.equal(storedRevisions(server)[0]?.spec.cause, 'adopted');
  });

  describe('with a hub that was restored from an old backup', () => {
    let held: Envelope;

    beforeEach(async () => {
      put(use('2.0.0'));
      await work();
      const profile = profileOf([packOf('a'), packOf('b')]);
      held = { ...(await made(inputOf(profile))), number: 7, remove: [] };
    });

    test('nothing is made while the agent is known to hold more', async () => {
      editSpec(server, 'edge', use('1.0.0'));
      reports.set(KEY, reportOf('edge', { number: 7, digest: 'sha256:7' }));
      await work();
      assert.deepEqual(numbers(), [1]);
      assert.equal(condition('HubBehind')?.reason, 'WaitingForEnvelope');
    });

    test('what the agent holds is taken over, and nothing is sent until somebody changes the cluster', async () => {
      putAdopted(held);
      await work();
      const { spec, status } = readCluster(server, 'edge');
      assert.deepEqual(spec.profiles, [{ name: 'web', version: '1.0.0' }]);
      assert.equal(status.desired?.number, 7);
      assert.equal(condition('HubBehind')?.status, 'True');
      for (let look = 0; look < 3; look++) await work();
      assert.deepEqual(numbers(), [1, 7]);
      assert.deepEqual(deletes(), []);
      editSpec(server, 'edge', use('2.0.0'));
      await work();
      await work();
      assert.equal(condition('HubBehind')?.status, 'False');
      const last = envelopes(server).at(-1);
      assert.equal(last?.number, 8);
      assert.deepEqual(
        last?.remove.map(({ name }) => name),
        ['b'],
      );
    });

    test('it rests also where the profile versions are lost, and takes nothing away', async () => {
      putAdopted({
        ...held,
        layers: held.layers.map((layer) => ({ ...layer, profile: { name: 'lost', version: '1.0.0' } })),
      });
      await work();
      await work();
      assert.deepEqual(readCluster(server, 'edge').spec.profiles, use('2.0.0').profiles);
      assert.deepEqual(numbers(), [1, 7]);
      assert.deepEqual(deletes(), []);
    });
  });

  test('what the agent removed by the word of another hub is named for removal no more', async () => {
    put(use('1.0.0'));
    await work();
    editSpec(server, 'edge', use('2.0.0'));
    await work();
    assert.deepEqual(
      envelopes(server)[1]?.remove.map(({ name }) => name),
      ['b'],
    );
    const object = server.objects.find(`Cluster.skerry.dev ${KEY}`);
    assert.ok(object !== undefined);
    const held = { number: 2, digest: 'sha256:2', removed: ['b'] };
    const before = readCluster(server, 'edge').status;
    server.objects.replace({ ...object, status: { ...before, held } });
    editSpec(server, 'edge', { ...use('2.0.0'), policy: { drift: { mode: 'observe' } } });
    await work();
    assert.deepEqual(envelopes(server)[2]?.remove, []);
  });

  test('a registry that is away is reported in the status, changes nothing, and is tried again', async () => {
    put(use('1.0.0'));
    await work();
    editSpec(server, 'edge', use('2.0.0'));
    const lookUp = world.lookUp;
    const away = async () => {
      throw platformError('HUB_UNREACHABLE', { subject: 'registry.test' });
    };
    world = { ...world, lookUp: away };
    await assert.rejects(work(), (error) => isSkerryError(error, 'HUB_UNREACHABLE'));
    assert.equal(condition('Compiled')?.status, 'Unknown');
    assert.equal(condition('Compiled')?.reason, 'HUB_UNREACHABLE');
    assert.deepEqual(numbers(), [1]);
    world = { ...world, lookUp };
    await work();
    assert.equal(condition('Compiled')?.status, 'True');
    assert.deepEqual(numbers(), [1, 2]);
  });
});
