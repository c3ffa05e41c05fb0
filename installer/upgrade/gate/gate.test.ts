import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Clock } from '../../../apply/clock.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { GateSchema } from '../../../bundle/component-gate.ts';
import { isSkerryError } from '../../../content/error.ts';
import { recordOf, ScriptedHelm } from '../../testing/scripted-helm.ts';
import { passGate } from './gate.ts';

const CEL = { apiVersion: 'v1', kind: 'ConfigMap', name: 'state', expression: "self.data.ready == 'yes'" };

function state(ready: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'state', namespace: 'app' },
    data: { ready },
  };
}

describe('a gate', () => {
  let server: ScriptedApiServer;
  before(async () => {
    server = await ScriptedApiServer.start();
    server.put(state('no'), recordOf({ name: 'app', namespace: 'app' }));
  });
  after(async () => await server.close());

  /** Time that passes only in sleeps; `at` is called each time with the seconds that have passed. */
  async function run(gate: object, at: (seconds: number) => void): Promise<number> {
    let now = 0;
    const clock: Clock = {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
        at(now / 1000);
      },
    };
    const client = server.client();
    await passGate({
      client,
      helm: new ScriptedHelm(client, {}),
      component: { name: 'app', namespace: 'app' },
      gate: GateSchema.parse(gate),
      id: 'i',
      timeoutMs: 20_000,
      signal: new AbortController().signal,
      onProgress: () => {},
      clock,
    });
    return now / 1000;
  }

  const failed = (detail: RegExp) => (error: unknown) =>
    isSkerryError(error, 'GATE_FAILED') && detail.test(error.detail ?? '');

  test('waits for what is asked, and goes on watching for as long as is said', async () => {
    server.objects.replace(state('no'));
    const seconds = await run({ soakSeconds: 30, checks: [{ cel: CEL }] }, (at) => {
      if (at === 6) server.objects.replace(state('yes'));
    });
    assert.equal(seconds, 36);
  });

  test('fails where it never passes', async () => {
    server.objects.replace(state('no'));
    await assert.rejects(
      run({ checks: [{ cel: CEL }] }, () => {}),
      failed(/ConfigMap state: not yet/),
    );
  });

  test('forgives one look that fails while it watches, and not three in a row', async () => {
    server.objects.replace(state('yes'));
    await run({ soakSeconds: 20, checks: [{ cel: CEL }] }, (at) => {
      server.objects.replace(state(at === 4 ? 'no' : 'yes'));
    });
    const broken = run({ soakSeconds: 20, checks: [{ cel: CEL }] }, (at) => {
      if (at === 10) server.objects.replace(state('no'));
    });
    await assert.rejects(broken, failed(/not yet/));
    server.objects.replace(state('yes'));
  });

  test('tells what a page answers, and that an object is not there', async () => {
    const http = { service: 'app', port: 80, path: '/readyz' };
    await assert.rejects(
      run({ checks: [{ http }] }, () => {}),
      failed(/\/readyz answers 404/),
    );
    const missing = { checks: [{ cel: { ...CEL, name: 'other' } }] };
    await assert.rejects(
      run(missing, () => {}),
      failed(/there is no ConfigMap other/),
    );
  });

  test('runs a Job that goes by itself should this workstation die, and ends should it hang', async () => {
    const jobTemplate = { spec: { ttlSecondsAfterFinished: 0, template: { spec: { containers: [] } } } };
    server.put({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'whole', namespace: 'app' },
      spec: { suspend: true, jobTemplate },
    });
    const { controller } = server.objects;
    server.objects.controller = (object) =>
      object.kind === 'Job'
        ? { ...object, status: { conditions: [{ type: 'Complete', status: 'True' }] } }
        : controller(object);
    const specs: unknown[] = [];
    const stop = server.objects.watch(({ type, object }) => {
      if (object.kind === 'Job' && type === 'ADDED') specs.push(object.spec);
    });
    await run({ checks: [{ job: 'whole' }] }, () => {});
    stop();
    server.objects.controller = controller;
    assert.deepEqual(specs, [
      { ...jobTemplate.spec, activeDeadlineSeconds: 20, ttlSecondsAfterFinished: 600 },
    ]);
  });

  test('says so where the CronJob of a check is not there', async () => {
    await assert.rejects(
      run({ checks: [{ job: 'smoke' }] }, () => {}),
      failed(/no CronJob app\/smoke/),
    );
  });
});
