import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type StoredAlert, storedAlert } from '../watched/stored-alert.ts';
import { type AlertPlan, planAlerts } from './alert-plan.ts';
import type { Finding } from './finding.ts';

const START = Date.parse('2030-01-01T00:00:00Z');
const MINUTE = 60_000;

function finding(more: Partial<Finding> = {}): Finding {
  return {
    project: 'p',
    cluster: 'c',
    rule: 'LayerFailed',
    subject: 'layer x',
    severity: 'critical',
    message: 'm',
    ...more,
  };
}

/** The controller's round, with the objects in memory. */
class Rounds {
  readonly alerts = new Map<string, StoredAlert>();
  absentSince: ReadonlyMap<string, number> = new Map();
  silent = new Set<string>();
  now = START;

  run(...findings: readonly Finding[]): AlertPlan {
    const { absentSince, silent, now } = this;
    const plan = planAlerts({
      findings,
      alerts: [...this.alerts.values()],
      silent,
      absentSince,
      now: new Date(now),
    });
    this.absentSince = plan.absentSince;
    for (const { project, name, spec, status } of plan.create) this.#put(project, name, spec, status);
    for (const { alert, spec, status } of plan.update) this.#put(alert.project, alert.name, spec, status);
    for (const { name } of plan.delete) this.alerts.delete(name);
    return plan;
  }

  #put(namespace: string, name: string, spec: object, status: object): void {
    const object = {
      apiVersion: 'skerry.dev/v1alpha1',
      kind: 'Alert',
      metadata: { name, namespace },
      spec,
      status,
    };
    const stored = storedAlert(object);
    assert.ok(stored);
    this.alerts.set(name, stored);
  }

  get only(): StoredAlert {
    const [alert, ...more] = this.alerts.values();
    assert.ok(alert !== undefined && more.length === 0);
    return alert;
  }
}

describe('alerts', () => {
  test('what is found again and again is one object, written once', () => {
    const rounds = new Rounds();
    rounds.run(finding());
    for (let n = 0; n < 10; n++) assert.deepEqual(rounds.run(finding()).update, []);
    assert.deepEqual([rounds.only.status?.count, rounds.only.status?.resolvedAt], [1, undefined]);
    rounds.now += 10 * MINUTE;
    rounds.run(finding({ message: 'other' }));
    assert.equal(rounds.only.status?.message, 'other');
    assert.equal(rounds.only.status?.count, 1);
  });

  test('clusters, rules and subjects have alerts of their own, projects too', () => {
    const rounds = new Rounds();
    const plan = rounds.run(
      ...[finding(), finding({ cluster: 'd' }), finding({ rule: 'DriftFound' })],
      ...[finding({ subject: 'layer y' }), finding({ project: 'q' })],
    );
    assert.equal(plan.create.length, 5);
    assert.equal(new Set(plan.create.map(({ project, name }) => `${project}/${name}`)).size, 5);
  });

  test('is resolved once it was absent for a while, and fires again as the same object', () => {
    const rounds = new Rounds();
    rounds.run(finding());
    rounds.run();
    assert.equal(rounds.only.status?.resolvedAt, undefined);
    rounds.now += MINUTE;
    rounds.run();
    assert.notEqual(rounds.only.status?.resolvedAt, undefined);
    rounds.now += MINUTE;
    rounds.run(finding());
    assert.deepEqual([rounds.only.status?.count, rounds.only.status?.resolvedAt], [2, undefined]);
  });

  test('one that comes and goes stays firing longer and longer', () => {
    const rounds = new Rounds();
    let changes = 0;
    for (let round = 0; round < 240; round++) {
      const before = rounds.alerts.size === 0 ? undefined : rounds.only.status?.count;
      if (round % 3 === 0) rounds.run(finding());
      else rounds.run();
      if (rounds.only.status?.count !== before) changes++;
      rounds.now += MINUTE;
    }
    assert.ok(changes <= 5, `${changes} times in 80 changes`);
  });

  test('of a silent cluster nothing is over', () => {
    const rounds = new Rounds();
    rounds.run(finding());
    rounds.silent.add('p/c');
    for (let n = 0; n < 5; n++) {
      rounds.run();
      rounds.now += 10 * MINUTE;
    }
    assert.equal(rounds.only.status?.resolvedAt, undefined);
  });

  test('is deleted a week after it was resolved', () => {
    const rounds = new Rounds();
    rounds.run(finding());
    rounds.run();
    rounds.now += MINUTE;
    rounds.run();
    rounds.now += 6 * 24 * 60 * MINUTE;
    assert.deepEqual(rounds.run().delete, []);
    rounds.now += 24 * 60 * MINUTE;
    rounds.run();
    assert.equal(rounds.alerts.size, 0);
  });

  test('an object whose status was never written gets one', () => {
    const rounds = new Rounds();
    const [made] = rounds.run(finding()).create;
    assert.ok(made);
    const object = {
      apiVersion: 'skerry.dev/v1alpha1',
      kind: 'Alert',
      metadata: { name: made.name, namespace: 'p' },
      spec: made.spec,
    };
    rounds.alerts.set(made.name, storedAlert(object) ?? rounds.only);
    rounds.run(finding());
    assert.equal(rounds.only.status?.count, 1);
  });
});
