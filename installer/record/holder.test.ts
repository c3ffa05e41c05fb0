import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { isGone, ownIdentity } from './holder.ts';

test('whoever runs is not gone', () => {
  assert.equal(isGone(ownIdentity()), false);
});

test('a process of this machine that has ended is gone, and so is one whose id another process has', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  const [owner, , boot, , pids] = ownIdentity().split(' ');
  assert.equal(isGone([owner, child.pid, boot, '12345', pids].join(' ')), true);
  assert.equal(isGone([owner, process.pid, boot, '12345', pids].join(' ')), true);
});

test('a user without a name, as containers have them, has an identity all the same', {
  skip: process.getuid?.() !== 0 && 'only root can become another user',
}, async () => {
  const code = `import(${JSON.stringify(join(import.meta.dirname, 'holder.ts'))}).then((m) => console.log(m.ownIdentity()))`;
  const child = spawn(process.execPath, ['-e', code], {
    uid: 4_242_424,
    gid: 4_242_424,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = Buffer.concat(await child.stdout.toArray()).toString();
  const [owner, pid] = said.split(' ');
  assert.match(owner ?? '', /^uid-4242424@/);
  assert.equal(Number(pid), child.pid);
});

test('of another container, of another machine, of another boot and of strangers nothing is known', () => {
  const [owner, pid, boot, start, pids] = ownIdentity().split(' ');
  assert.equal(isGone([owner, '999999', boot, start, 'pid:[1]'].join(' ')), false);
  assert.equal(isGone([owner, '999999', boot, start].join(' ')), false);
  assert.equal(isGone(['root@elsewhere', pid, boot, '12345', pids].join(' ')), false);
  assert.equal(isGone([owner, '999999', 'another-boot', start, pids].join(' ')), false);
  assert.equal(isGone('somebody'), false);
  assert.equal(isGone(''), false);
});
