import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { RolloutSpec, RolloutStatus } from '../../api/rollout.ts';
import { planBatches } from './batches.ts';
import { batchSize, planRollout, type RolloutCluster, type RolloutPlan } from './plan.ts';

const SPEC: RolloutSpec = {
  profile: 'web',
  version: '2.0.0',
  batch: 2,
  soakSeconds: 60,
  deadlineSeconds: 600,
};

/** Clusters that a rollout changes, and time. */
class Fleet {
  readonly clusters: Map<string, RolloutCluster>;
  status: RolloutStatus | undefined;
  spec: RolloutSpec;
  generation = 1;
  second = 0;

  constructor(count: number, spec: Partial<RolloutSpec> = {}) {
    this.spec = { ...SPEC, ...spec };
    const names = Array.from({ length: count }, (_, index) => `c${String(index).padStart(2, '0')}`);
    this.clusters = new Map(
      names.map((name) => [name, { name, version: '1.0.0', ready: true, offline: false, open: true }]),
    );
  }

  set(name: string, change: Partial<RolloutCluster>): void {
    const cluster = this.clusters.get(name);
    if (cluster !== undefined) this.clusters.set(name, { ...cluster, ...change });
  }

  edit(spec: Partial<RolloutSpec>): void {
    this.spec = { ...this.spec, ...spec };
    this.generation++;
  }

  /** One look; those that get the version are not ready with it yet, unless `becomes` says so. */
  look(seconds = 0, becomes: Partial<RolloutCluster> = { ready: false }): RolloutPlan {
    this.second += seconds;
    const { spec, generation, status } = this;
    const now = new Date(Date.UTC(2026, 0, 1) + this.second * 1000);
    const plan = planRollout({ spec, generation, status }, [...this.clusters.values()], now);
    this.status = plan.status;
    for (const { cluster, version } of plan.updates) this.set(cluster, { version, ...becomes });
    return plan;
  }

  at(version: string): string[] {
    return [...this.clusters.values()]
      .filter((cluster) => cluster.version === version)
      .map(({ name }) => name);
  }
}

interface Fate {
  readonly takes: number | undefined;
  readonly awayFrom: number;
  readonly awayFor: number;
  readonly closedFor: number;
}

/** What becomes of each cluster by now; `since` says when it got the version. */
function live(fleet: Fleet, fates: readonly Fate[], since: ReadonlyMap<string, number>): void {
  for (const [index, name] of [...fleet.clusters.keys()].entries()) {
    const { takes, awayFrom, awayFor, closedFor } = fates[index] ?? assert.fail();
    const started = since.get(name);
    fleet.set(name, {
      offline: fleet.second >= awayFrom && fleet.second < awayFrom + awayFor,
      open: fleet.second >= closedFor,
      ready: started === undefined || (takes !== undefined && fleet.second >= started + takes),
    });
  }
}

const named = ({ updates }: RolloutPlan) => updates.map(({ cluster }) => cluster);

describe('a rollout', () => {
  test('goes batch by batch, each ready for the soak time, and ends', () => {
    const fleet = new Fleet(5);
    assert.deepEqual(named(fleet.look()), ['c00', 'c01']);
    fleet.set('c00', { ready: true });
    assert.deepEqual(named(fleet.look(500)), []);
    fleet.set('c01', { ready: true });
    assert.deepEqual(named(fleet.look(10)), []);
    assert.deepEqual(named(fleet.look(59)), []);
    assert.deepEqual(named(fleet.look(1, { ready: true })), ['c02', 'c03']);
    fleet.look(1);
    assert.deepEqual(named(fleet.look(60, { ready: true })), ['c04']);
    fleet.look(1);
    const { status, done } = fleet.look(60);
    assert.ok(done);
    assert.equal(status.phase, 'Complete');
    assert.deepEqual([status.total, status.updated, status.ready, status.failed], [5, 5, 5, 0]);
  });

  test('begins the soak time again when one of the batch is no longer ready', () => {
    const fleet = new Fleet(3);
    fleet.look(0, { ready: true });
    fleet.look(1);
    fleet.set('c00', { ready: false });
    fleet.look(30);
    fleet.set('c00', { ready: true });
    fleet.look(1);
    assert.deepEqual(named(fleet.look(59)), []);
    assert.deepEqual(named(fleet.look(1)), ['c02']);
  });

  test('stops for good when more failed than may, and goes on when somebody says so', () => {
    const fleet = new Fleet(4);
    fleet.look();
    fleet.set('c00', { ready: true });
    assert.equal(fleet.look(599).status.phase, 'Running');
    const stopped = fleet.look(1).status;
    assert.equal(stopped.phase, 'Stopped');
    assert.equal(stopped.failed, 1);
    fleet.set('c01', { ready: true });
    assert.equal(fleet.look(1000).status.phase, 'Stopped');
    assert.deepEqual(fleet.at('2.0.0'), ['c00', 'c01']);
    fleet.edit({ maxFailures: 1 });
    fleet.look(1);
    assert.deepEqual(named(fleet.look(60)), ['c02', 'c03']);
  });

  test('goes on past failures within the budget', () => {
    const fleet = new Fleet(3, { batch: 1, maxFailures: 1 });
    fleet.look();
    assert.deepEqual(named(fleet.look(600, { ready: true })), ['c01']);
    fleet.look(1);
    assert.deepEqual(named(fleet.look(60, { ready: true })), ['c02']);
    fleet.look(1);
    assert.deepEqual([fleet.look(60).status.phase, fleet.status?.failed], ['Complete', 1]);
  });

  test('passes silent clusters by, and gives them the version when they are back', () => {
    const fleet = new Fleet(3);
    fleet.set('c00', { offline: true });
    assert.deepEqual(named(fleet.look(0, { ready: true })), ['c01', 'c02']);
    fleet.look(1);
    const waiting = fleet.look(60);
    assert.deepEqual([waiting.status.phase, waiting.status.offline, waiting.done], ['Running', 1, false]);
    fleet.set('c00', { offline: false });
    assert.deepEqual(named(fleet.look(1, { ready: true })), ['c00']);
    fleet.look(1);
    assert.ok(fleet.look(60).done);
  });

  test('a silent cluster holds its batch where it is to be waited for, without failing', () => {
    const fleet = new Fleet(2, { batch: 1, offline: 'wait' });
    fleet.set('c00', { offline: true });
    assert.deepEqual(named(fleet.look()), ['c00']);
    assert.equal(fleet.look(100_000).status.phase, 'Running');
    fleet.set('c00', { offline: false, ready: true });
    fleet.look(1);
    assert.deepEqual(named(fleet.look(60)), ['c01']);
  });

  test('a silent cluster fails where it is to, and too many stop it as a state of their own', () => {
    const failing = new Fleet(2, { offline: 'fail' });
    failing.set('c00', { offline: true });
    failing.look();
    assert.equal(failing.look(1).status.phase, 'Stopped');
    const limited = new Fleet(4, { maxOffline: 1 });
    limited.set('c02', { offline: true });
    assert.equal(limited.look().status.phase, 'Running');
    limited.set('c03', { offline: true });
    const { status } = limited.look(1);
    assert.deepEqual([status.phase, status.failed, status.offline], ['Stopped', 0, 2]);
  });

  test('a cluster whose window is closed waits and does not fail', () => {
    const fleet = new Fleet(2, { batch: 1 });
    fleet.look();
    fleet.set('c00', { open: false });
    assert.equal(fleet.look(100_000).status.phase, 'Running');
    fleet.set('c00', { open: true, ready: true });
    fleet.set('c01', { open: false });
    fleet.look(1);
    assert.deepEqual(named(fleet.look(60)), []);
    assert.equal(fleet.status?.phase, 'Running');
    fleet.set('c01', { open: true });
    assert.deepEqual(named(fleet.look(1)), ['c01']);
  });

  test('nothing begins while it is paused, and it goes on from there', () => {
    const fleet = new Fleet(3);
    fleet.look(0, { ready: true });
    fleet.edit({ paused: true });
    for (let count = 0; count < 3; count++) assert.deepEqual(named(fleet.look(100)), []);
    assert.equal(fleet.status?.phase, 'Paused');
    fleet.edit({ paused: false });
    assert.deepEqual(named(fleet.look(1)), ['c02']);
  });

  test('an earlier version is a version like any other', () => {
    const fleet = new Fleet(1, { version: '0.9.0' });
    fleet.look(0, { ready: true });
    fleet.look(1);
    assert.ok(fleet.look(60).done);
    assert.deepEqual(fleet.at('0.9.0'), ['c00']);
  });

  test('a version that somebody takes away again is not forced on the cluster', () => {
    const fleet = new Fleet(2, { batch: 1 });
    fleet.look();
    fleet.look(1);
    fleet.set('c00', { version: '1.0.0', ready: true });
    assert.equal(fleet.look(1).status.phase, 'Stopped');
    assert.deepEqual(fleet.at('2.0.0'), []);
  });

  test('an update that was cut off is made again', () => {
    const fleet = new Fleet(1);
    const plan = fleet.look();
    fleet.set('c00', { version: '1.0.0', ready: true });
    assert.deepEqual(named(fleet.look(1)), named(plan));
  });

  test('a tenth at a time, and at least one, where nothing else is said', () => {
    const { batch: _, ...spec } = SPEC;
    assert.deepEqual(
      [1, 9, 10, 25, 1000].map((total) => batchSize(spec, total)),
      [1, 1, 1, 2, 100],
    );
  });

  test('whatever becomes of the clusters: never more than a batch in flight, never past the budget, and it ends', () => {
    const fate = fc.record({
      // How long it takes to be ready; none: never.
      takes: fc.option(fc.integer({ min: 0, max: 900 }), { nil: undefined, freq: 6 }),
      awayFrom: fc.integer({ min: 0, max: 3000 }),
      awayFor: fc.integer({ min: 0, max: 2000 }),
      closedFor: fc.integer({ min: 0, max: 2000 }),
    });
    const spec = fc.record({
      batch: fc.integer({ min: 1, max: 4 }),
      maxFailures: fc.integer({ min: 0, max: 3 }),
      soakSeconds: fc.constantFrom(0, 60, 300),
      offline: fc.constantFrom('skip' as const, 'wait' as const, 'fail' as const),
    });
    const property = fc.property(spec, fc.array(fate, { minLength: 1, maxLength: 12 }), (chosen, fates) => {
      const fleet = new Fleet(fates.length, chosen);
      const since = new Map<string, number>();
      let phase: RolloutStatus['phase'] | undefined;
      for (let look = 0; look < 4000 && phase !== 'Complete' && phase !== 'Stopped'; look++) {
        live(fleet, fates, since);
        const { updates, status } = fleet.look(0);
        for (const { cluster } of updates) since.set(cluster, since.get(cluster) ?? fleet.second);
        ({ phase } = status);
        const flying = (status.inFlight ?? []).filter(({ state }) => state === 'updating');
        assert.ok(flying.length <= chosen.batch, 'more than a batch');
        assert.ok(status.failed <= chosen.maxFailures || phase === 'Stopped', 'past the budget');
        assert.ok(phase !== 'Stopped' || updates.length === 0);
        fleet.second += 20;
      }
      assert.ok(phase === 'Complete' || phase === 'Stopped', `it does not end: ${phase}`);
    });
    fc.assert(property, { numRuns: 150 });
  });
});

describe('the batches of a rollout', () => {
  test('are those in which it changes clusters, whatever some of them are like', () => {
    const cluster = fc.record({ offline: fc.boolean(), open: fc.boolean(), has: fc.boolean() });
    const offline = fc.constantFrom('skip' as const, 'wait' as const, undefined);
    fc.assert(
      fc.property(
        fc.array(cluster, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        offline,
        (kinds, batch, silent) => {
          const fleet = new Fleet(kinds.length, {
            ...{ batch, soakSeconds: 0 },
            ...(silent === undefined ? {} : { offline: silent }),
          });
          kinds.forEach(({ offline: isOffline, open, has }, index) => {
            const version = has ? '2.0.0' : '1.0.0';
            // Who is waited for would hold the first batch for ever: none of them is silent here.
            const isSilent = isOffline && silent !== 'wait';
            fleet.set(`c${String(index).padStart(2, '0')}`, { offline: isSilent, open, version });
          });
          const planned = planBatches(fleet.spec, undefined, [...fleet.clusters.values()]);
          const done: string[][] = [];
          for (let look = 0; look < 30; look++) {
            const { updates } = fleet.look(1, { ready: true });
            if (updates.length > 0) done.push(updates.map(({ cluster: name }) => name));
          }
          assert.deepEqual(planned.batches, done);
          const names = [
            ...planned.there,
            ...planned.batches.flat(),
            ...planned.held.map((one) => one.cluster),
          ];
          assert.deepEqual(names.toSorted(), [...fleet.clusters.keys()]);
        },
      ),
    );
  });

  test('are counted from where it stands: what is being changed, what failed, what is held and why', () => {
    const fleet = new Fleet(7, { batch: 2 });
    fleet.set('c04', { offline: true });
    fleet.set('c05', { open: false });
    fleet.look();
    const now = () => planBatches(fleet.spec, fleet.status, [...fleet.clusters.values()]);
    assert.deepEqual(now(), {
      size: 2,
      there: [],
      current: ['c00', 'c01'],
      failed: [],
      batches: [['c02', 'c03'], ['c06']],
      held: [
        { cluster: 'c04', reason: 'silent' },
        { cluster: 'c05', reason: 'closed' },
      ],
    });
    fleet.edit({ maxFailures: 1 });
    fleet.set('c00', { ready: true });
    fleet.look(601);
    fleet.look(61);
    assert.deepEqual(now().failed, ['c01']);
    assert.deepEqual(now().there, ['c00']);
    assert.deepEqual(now().current, ['c02', 'c03']);
  });
});
