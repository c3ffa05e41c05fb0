import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { isGone, ownIdentity } from './holder.ts';

test('whoever runs is not gone', () => {
  assert.equal(isGone(ownIdentity()), false);
});

test('a process of this machine that has ended is gone, and so is one whose id another process has', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  const [owner, , boot] = ownIdentity().split(' ');
  assert.equal(isGone([owner, child.pid, boot, '12345'].join(' ')), true);
  assert.equal(isGone([owner, process.pid, boot, '12345'].join(' ')), true);
});

test('of another machine, of another boot and of strangers nothing is known', () => {
  const [owner, pid, boot, start] = ownIdentity().split(' ');
  assert.equal(isGone(['root@elsewhere', pid, boot, '12345'].join(' ')), false);
  assert.equal(isGone([owner, '999999', 'another-boot', start].join(' ')), false);
  assert.equal(isGone('somebody'), false);
  assert.equal(isGone(''), false);
});
