import assert from 'node:assert/strict';
import { test } from 'node:test';
import { infraError } from '../errors.ts';
import { lateConsole } from './late-console.ts';
import { StoredInfraMachine } from './stored.ts';
import { JOIN_MS } from './summary.ts';

const began = new Date('2026-01-01T00:00:00Z');
const now = new Date(began.getTime() + JOIN_MS + 1000);
const { signal } = new AbortController();
const mark = { clusterId: 'c', cluster: 'team/edge', machine: 'lost', id: 'i' };

function machine(console?: { at: string; text: string }): StoredInfraMachine {
  const runs = { type: 'Ready', status: 'True', reason: 'Running', message: '' };
  return StoredInfraMachine.parse({
    metadata: { name: 'lost', namespace: 'clusters-team', uid: 'u', creationTimestamp: began.toISOString() },
    spec: {},
    status: { conditions: [{ ...runs, lastTransitionTime: began.toISOString() }], console },
  });
}

function look(from: () => Promise<string | undefined>, at = now, one = machine()) {
  const failures: unknown[] = [];
  const looked = {
    machine: one,
    owner: undefined,
    mark,
    now: at,
    onFailure: (e: unknown) => failures.push(e),
  };
  return { shown: lateConsole({ console: from }, looked, signal), failures };
}

test('only a machine that has run for a while without a node is asked for its console', async () => {
  const asked = async () => 'booted\n';
  assert.equal((await look(asked).shown)?.text, 'booted');
  const early = look(async () => assert.fail('asked'), new Date(began.getTime() + JOIN_MS));
  assert.equal(await early.shown, undefined);
  assert.deepEqual(early.failures, []);
});

test('a console that can’t be read is reported with its cause, and throws nothing', async () => {
  const error = infraError('CLOUD_PERMISSION_MISSING', { subject: 'lost', detail: 'VirtualMachine.Read' });
  const { shown, failures } = look(async () => await Promise.reject(error));
  assert.match((await shown)?.text ?? '', /CLOUD_PERMISSION_MISSING .*VirtualMachine\.Read/);
  assert.deepEqual(failures, [error]);
});

test('what was read before stays, with its age, while the console can’t be read', async () => {
  const before = { at: began.toISOString(), text: 'no route to host' };
  const { shown, failures } = look(async () => await Promise.reject(new Error('x')), now, machine(before));
  assert.deepEqual(await shown, before);
  assert.equal(failures.length, 1);
});

test('work that is to end ends, whatever the console says', async () => {
  const stop = AbortSignal.abort(new Error('the end'));
  const looked = { machine: machine(), owner: undefined, mark, now, onFailure: () => assert.fail('told') };
  const console = async () => await Promise.reject(new Error('x'));
  await assert.rejects(lateConsole({ console }, looked, stop), /the end/);
});
