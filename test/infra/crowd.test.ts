import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCrowd } from './crowd.ts';

const CLUSTERS = 20;
/** Of each cluster; 25 make the 500 for which the memory is promised. */
const MACHINES = Number(process.env.SKERRY_PROVISION_MACHINES ?? 3);
const MAX_BYTES = 120_000_000;
const MAX_CALLS = 12;

test('twenty clusters at once are made by one session, without an error, in little memory and with few calls', async (t) => {
  const { machines, seconds, bytes, calls, ...crowd } = await makeCrowd(CLUSTERS, MACHINES);
  const count = [...calls.values()].reduce((sum, one) => sum + one, 0);
  const each = count / machines;
  t.diagnostic(
    `${machines} machines in ${seconds.toFixed(0)} s, ${(bytes / 1e6).toFixed(0)} MB, ${each.toFixed(1)} calls each`,
  );
  assert.deepEqual(crowd, {
    running: machines,
    sessions: { working: 1, ended: 0 },
    errors: [],
    exitCode: 0,
  });
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes`);
  assert.ok(each <= MAX_CALLS, JSON.stringify([...calls]));
});
