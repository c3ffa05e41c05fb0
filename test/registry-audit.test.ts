import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAuditLog } from '../registry/audit/audit-log.ts';
import { verifyAudit } from '../registry/audit/verify-audit.ts';
import { fillDisk, mountSmallDisk } from './small-disk.ts';

const skip = process.getuid?.() === 0 ? false : 'only root mounts a small disk';

test('an audit log on a disk that fills up is whole again as soon as there is room', { skip }, async () => {
  await using disk = await mountSmallDisk(256 * 1024);
  const path = join(disk.folder, 'audit.log');
  const login = (n: number) => ({ action: 'login', result: 'done', user: `user-${n}` }) as const;
  const log = await openAuditLog({ path, clock: () => 0 });
  await fillDisk(join(disk.folder, 'filler'));
  const written: number[] = [];
  const failed: number[] = [];
  // The last page has room for some lines, and the one that goes over its end is cut short.
  for (let n = 0; n < 100; n++) {
    await log.record(login(n)).then(
      () => written.push(n),
      () => failed.push(n),
    );
  }
  assert.ok(written.length > 0 && failed.length > 0);
  const full = await readFile(path, 'utf8');
  assert.notEqual(full.at(-1), '\n', 'a line was cut short');
  await rm(join(disk.folder, 'filler'));
  await log.record(login(100));
  await log.close();
  const again = await openAuditLog({ path, clock: () => 0 });
  await again.close();
  const { broken, head } = await verifyAudit([path]);
  assert.deepEqual([broken, head], [undefined, again.head]);
  const text = await readFile(path, 'utf8');
  for (const n of [...written, 100]) assert.ok(text.includes(`"user":"user-${n}"`), `user-${n}`);
});

test('a disk that is full already lets the registry start, and gets what there is room for later', {
  skip,
}, async () => {
  await using disk = await mountSmallDisk(256 * 1024);
  const path = join(disk.folder, 'audit.log');
  await fillDisk(join(disk.folder, 'filler'));
  const log = await openAuditLog({ path, clock: () => 0 });
  await assert.rejects(log.record({ action: 'login', result: 'done', user: 'ada' }), { code: 'ENOSPC' });
  await rm(join(disk.folder, 'filler'));
  await log.record({ action: 'login', result: 'done', user: 'bob' });
  await log.close();
  const { broken, lines } = await verifyAudit([path]);
  assert.deepEqual([broken, lines], [undefined, 2]);
  assert.match(await readFile(path, 'utf8'), /"action":"open"[^\n]*\n[^\n]*"user":"bob"[^\n]*\n$/);
});
