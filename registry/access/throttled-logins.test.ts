import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEntry } from '../audit/audit.ts';
import { ThrottledLogins } from './throttled-logins.ts';

function counted(every?: number) {
  const entries: AuditEntry[] = [];
  const audit = { record: async (entry: AuditEntry) => void entries.push(entry) };
  const brief = () => entries.map(({ remote, user, tries }) => [remote, user, tries]);
  return { turned: new ThrottledLogins(audit, every), brief };
}

test('the first try of an address is told at once, the others together', async () => {
  const { turned, brief } = counted();
  for (let n = 0; n < 500; n++) turned.add({ remote: '10.0.0.1', user: `guess-${n}` });
  turned.add({ remote: '10.0.0.2', user: 'ada' });
  assert.deepEqual(brief(), [
    ['10.0.0.1', 'guess-0', 1],
    ['10.0.0.2', 'ada', 1],
  ]);
  turned.close();
  assert.deepEqual(brief().slice(2), [['10.0.0.1', 'guess-499', 499]]);
});

test('those of a span are told at its end', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { turned, brief } = counted(1000);
  for (const user of ['a', 'b', 'c']) turned.add({ remote: '10.0.0.1', user });
  t.mock.timers.tick(1000);
  t.mock.timers.tick(1000);
  turned.add({ remote: '10.0.0.1', user: 'd' });
  assert.deepEqual(brief(), [
    ['10.0.0.1', 'a', 1],
    ['10.0.0.1', 'c', 2],
    ['10.0.0.1', 'd', 1],
  ]);
  turned.close();
});

test('whoever tries from everywhere gets a bounded number of lines', async () => {
  const { turned, brief } = counted();
  for (let n = 0; n < 5000; n++) turned.add({ remote: `10.0.${n >> 8}.${n & 255}`, user: 'ada' });
  turned.close();
  assert.ok(brief().length <= 1003);
  assert.equal(
    brief().reduce((sum, [, , tries]) => sum + Number(tries), 0),
    5000,
  );
});
