import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { end, identify, isAlive, parseStat } from './process.ts';

const FIELDS = `S ${Array.from({ length: 40 }, (_, index) => 1000 + index).join(' ')}`;

it('A process is reported by its number and its start, whatever its name looks like', () => {
  assert.deepEqual(parseStat(`42 (sh) ${FIELDS}`), { pid: 42, started: '1018' });
  assert.deepEqual(parseStat(`42 (a) S (b c)) ${FIELDS}`), { pid: 42, started: '1018' });
});

it('A process that has ended but was not collected counts as ended', () => {
  assert.equal(parseStat(`42 (sh) ${FIELDS.replace('S', 'Z')}`), undefined);
  assert.equal(parseStat(''), undefined);
});

it('A process is ended only if it is the one that was recorded', async () => {
  const child = spawn('sleep', ['60']);
  const identity = await identify(child.pid ?? 0);
  assert.ok(identity);
  const other = { ...identity, started: `${identity.started}0` };
  assert.deepEqual(await end([other]), []);
  assert.equal(await isAlive(identity), true);
  const exit = once(child, 'exit');
  assert.deepEqual(await end([identity]), []);
  assert.deepEqual(await exit, [null, 'SIGKILL']);
});
