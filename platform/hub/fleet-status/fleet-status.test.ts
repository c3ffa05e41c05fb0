import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import type { Report } from '../../desired/report.ts';
import { conditionOf } from '../controller/conditions.ts';
import {
  KEY as AGENT_KEY,
  clusterObject,
  PROJECT,
  readCluster,
  reportOf,
  startHubCluster,
} from '../controller/testing/hub-cluster.ts';
import { ManualClock } from '../controller/testing/manual-clock.ts';
import { nameOfKey } from '../watched/stored.ts';
import { FleetStatus } from './fleet-status.ts';

const MARK = { number: 1, digest: 'sha256:1' };
const DESIRED = { desired: { ...MARK, at: '2026-01-01T00:00:00Z' } };
const KEY = `${PROJECT}/edge`;

describe('the status of the fleet', () => {
  let server: ScriptedApiServer;
  let clock: ManualClock;
  let fleet: FleetStatus;
  const { signal } = new AbortController();
  const writes = () =>
    server.calls.filter((call) => call.startsWith('PUT') && call.endsWith('/status')).length;

  beforeEach(async () => {
    server = await startHubCluster();
    server.put(clusterObject('edge', {}, DESIRED));
    clock = new ManualClock();
    fleet = start();
  });

  afterEach(async () => await server.close());

  function start(): FleetStatus {
    const made = new FleetStatus({
      client: server.client(),
      cluster: () => readCluster(server, 'edge'),
      clock,
      now: () => clock.date(),
      onError: (_, error) => assert.fail(String(error)),
    });
    made.changed(KEY);
    return made;
  }

  function report(said: Report): void {
    fleet.reported(
      KEY,
      said,
      { number: said.number, digest: `sha256:${said.number}`, key: AGENT_KEY },
      'network',
    );
  }

  async function pass(seconds: number, each: () => void = () => undefined): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1000);
      each();
      await fleet.flush(signal);
    }
  }

  test('a report becomes the status; that a cluster is complete is said once, also by the next hub', async () => {
    report(reportOf('edge', MARK));
    await pass(1);
    assert.equal(readCluster(server, 'edge').status.phase, 'Ready');
    await pass(30);
    fleet = start();
    report(reportOf('edge', MARK, { number: 2 }));
    await pass(30);
    const events = server.names().filter((name) => name.startsWith('Event '));
    assert.deepEqual(events, [`Event ${PROJECT}/edge.complete-1`]);
    assert.equal(
      server.calls.filter((call) => call.startsWith('POST') && call.endsWith('/events')).length,
      1,
    );
  });

  test('a status is written at most every 10 s, and for its age alone once a minute', async () => {
    await pass(1);
    let number = 1;
    const before = writes();
    await pass(60, () => report(reportOf('edge', MARK, { number: number++, kubernetes: `v${number}` })));
    assert.ok(writes() - before <= 7, `${writes() - before} writes`);
    await pass(20);
    const quiet = writes();
    await pass(180, () => fleet.seen(KEY, { at: clock.date(), transport: 'network' }));
    assert.ok(writes() - quiet >= 2 && writes() - quiet <= 3, `${writes() - quiet} writes`);
    assert.equal(readCluster(server, 'edge').status.phase, 'Ready');
  });

  test('a fleet that reports all at once is written down at a bounded rate, each in its turn', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `c${index}`);
    server.put(...names.map((name) => clusterObject(name, {}, DESIRED)));
    const many = new FleetStatus({
      client: server.client(),
      cluster: (key) => readCluster(server, nameOfKey(key).name),
      clock,
      now: () => clock.date(),
      onError: (_, error) => assert.fail(String(error)),
    });
    for (const name of names) {
      const mark = { number: 1, digest: 'sha256:1', key: AGENT_KEY };
      many.reported(`${PROJECT}/${name}`, reportOf(name, MARK), mark, 'network');
    }
    const perSecond: number[] = [];
    for (let second = 0; second < 3; second++) {
      const before = writes();
      await many.flush(signal);
      perSecond.push(writes() - before);
      clock.advance(1000);
    }
    assert.ok(Math.max(...perSecond) < 80, `${perSecond}`);
    assert.ok(names.every((name) => readCluster(server, name).status.phase === 'Ready'));
  });

  test('a silent cluster turns Unknown within two minutes, costs nothing then, and comes back', async () => {
    report(reportOf('edge', MARK));
    await pass(5);
    await pass(115);
    assert.equal(readCluster(server, 'edge').status.phase, 'Unknown');
    const calls = server.calls.length;
    await pass(600);
    assert.equal(server.calls.length, calls);
    fleet.seen(KEY, { at: clock.date(), transport: 'network' });
    await pass(1);
    assert.equal(readCluster(server, 'edge').status.phase, 'Ready');
  });

  test('what others wrote into the status stays, and an older report changes nothing', async () => {
    report(reportOf('edge', MARK, { number: 5 }));
    report(reportOf('edge', MARK, { number: 4, kubernetes: 'old' }));
    await pass(1);
    const { status } = readCluster(server, 'edge');
    assert.equal(status.id, 'uid-edge');
    assert.equal(status.kubernetes, 'v1.34.4');
    fleet = start();
    assert.equal(fleet.lastReport(KEY)?.number, 5);
    report(reportOf('edge', MARK, { number: 4, kubernetes: 'old' }));
    assert.equal(fleet.report(KEY), undefined);
  });

  test('a write that fails is made again', async () => {
    const errors: unknown[] = [];
    fleet = new FleetStatus({
      client: server.client(),
      cluster: () => readCluster(server, 'edge'),
      clock,
      now: () => clock.date(),
      onError: (_, error) => errors.push(error),
    });
    server.fail({ method: 'PUT', path: /status$/, how: { status: 403 } });
    report(reportOf('edge', MARK));
    await pass(1);
    assert.equal(errors.length, 1);
    await pass(15);
    assert.equal(readCluster(server, 'edge').status.phase, 'Ready');
  });

  describe('with two hubs', () => {
    let leader: FleetStatus;
    let other: FleetStatus;
    let wall = 0;
    const mark = (number: number) => ({ number, digest: `sha256:${number}`, key: AGENT_KEY });

    function hub(leads: boolean): FleetStatus {
      const made = new FleetStatus({
        client: server.client(),
        cluster: () => readCluster(server, 'edge'),
        clock,
        now: () => new Date(clock.date().getTime() + wall),
        leads: () => leads,
        onError: (_, error) => assert.fail(String(error)),
      });
      made.changed(KEY);
      return made;
    }

    beforeEach(() => {
      wall = 0;
      leader = hub(true);
      other = hub(false);
    });

    async function passBoth(seconds: number, each: () => void = () => undefined): Promise<void> {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1000);
        each();
        for (const one of [other, leader]) {
          await one.flush(signal);
          other.changed(KEY);
          leader.changed(KEY);
        }
      }
    }
    const alive = (one: FleetStatus) => () =>
      one.seen(KEY, { at: new Date(clock.date().getTime() + wall), transport: 'network' });
    const status = () => readCluster(server, 'edge').status;

    test('a report that reaches the one that does not lead gets into the status, and stays there', async () => {
      other.reported(KEY, reportOf('edge', MARK, { removed: ['old'] }), mark(1), 'network');
      await passBoth(15, alive(other));
      assert.equal(status().phase, 'Ready');
      assert.deepEqual(status().held, { ...MARK, removed: ['old'] });
      const before = writes();
      await passBoth(600, alive(other));
      assert.equal(status().phase, 'Ready');
      assert.equal(conditionOf(status().conditions, 'Healthy')?.status, 'True');
      assert.ok(writes() - before <= 11, `${writes() - before} writes`);
    });

    test('the one that leads says when an agent of the other is silent', async () => {
      other.reported(KEY, reportOf('edge', MARK), mark(1), 'network');
      await passBoth(100, alive(other));
      assert.equal(status().phase, 'Ready');
      for (let second = 0; second < 160; second += 10) {
        const before = status().phase;
        await passBoth(10);
        assert.ok(before === 'Ready' || status().phase === 'Unknown', 'it came back without a word');
      }
      assert.equal(status().phase, 'Unknown');
    });

    test('an agent that goes from one to the other is reported by the latter, whatever the former remembers', async () => {
      leader.reported(KEY, reportOf('edge', MARK, { kubernetes: 'v1.30.0' }), mark(1), 'network');
      await passBoth(15);
      const later = reportOf('edge', MARK, { number: 2, kubernetes: 'v1.31.0' });
      other.reported(KEY, later, mark(2), 'network');
      await passBoth(60, alive(other));
      assert.equal(status().kubernetes, 'v1.31.0');
      assert.equal(leader.report(KEY), undefined);
      assert.equal(leader.lastReport(KEY)?.number, 2);
    });

    test('the time of day may jump by years: who speaks is there, who does not is silent', async () => {
      wall = 5 * 365 * 86_400_000;
      leader.reported(KEY, reportOf('edge', MARK), mark(1), 'network');
      await passBoth(15, alive(leader));
      wall = 0;
      await passBoth(120, alive(leader));
      assert.equal(status().phase, 'Ready');
      assert.equal(status().agent?.seen.slice(0, 4), '2026');
      wall = 365 * 86_400_000;
      await passBoth(30);
      assert.equal(status().phase, 'Ready');
      wall = -365 * 86_400_000;
      await passBoth(100);
      assert.equal(status().phase, 'Unknown');
    });
  });

  test('a cluster that was silent when the hub was started again is what its agent says once more', async () => {
    report(reportOf('edge', MARK));
    await pass(120);
    assert.equal(readCluster(server, 'edge').status.phase, 'Unknown');
    fleet = start();
    assert.equal(fleet.report(KEY), undefined);
    report(reportOf('edge', MARK));
    await pass(15);
    assert.equal(readCluster(server, 'edge').status.phase, 'Ready');
  });
});
