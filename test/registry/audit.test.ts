import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyChain } from '../../content/chain/verify-chain.ts';
import { openAuditLog } from '../../registry/audit/audit-log.ts';
import { PROJECT } from '../install/product.ts';
import { failureOf, run } from './skerry-process.ts';
import { fillDisk, mountSmallDisk } from './small-disk.ts';

const SKERRY = [process.execPath, join(PROJECT, 'skerry.ts')] as const;

test('skerry registry audit verify names what was cut off, and passes nothing that says nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-audit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'audit.log');
  const verify = async (...more: string[]) => {
    const [node, program] = SKERRY;
    return await run(node, [program, 'registry', 'audit', 'verify', path, '--output', 'json', ...more]);
  };
  await writeFile(path, '');
  const empty = await verify();
  assert.deepEqual([empty.exitCode, failureOf(empty).code], [3, 'REGISTRY_AUDIT_EMPTY']);
  const write = async () => {
    const log = await openAuditLog({ path, clock: () => 0 });
    await log.record({ action: 'login', result: 'done', user: 'ada' });
    await log.close();
    return log.head;
  };
  const head = await write();
  assert.equal((await verify('--contains', '0'.repeat(64))).exitCode, 2);
  assert.equal((await verify('--contains', head)).exitCode, 0);
  await truncate(path, (await stat(path)).size - 60);
  const cut = JSON.parse((await verify()).stdout);
  assert.deepEqual([cut.lines, cut.unfinished], [1, { file: path, line: 2 }]);
  assert.match(cut.warnings[0], /line 2, is cut off/);
  const gone = await verify('--contains', head);
  assert.deepEqual([gone.exitCode, failureOf(gone).code], [3, 'REGISTRY_AUDIT_BROKEN']);
  await write();
  const reopened = JSON.parse((await verify()).stdout);
  assert.deepEqual([reopened.lines, reopened.cut[0].line, reopened.unfinished], [3, 2, undefined]);
  assert.match(reopened.warnings[0], /line 2, was cut off.*noticed at 1970/);
});

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
  const { broken, head } = await verifyChain([path]);
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
  const { broken, records } = await verifyChain([path]);
  assert.deepEqual([broken, records], [undefined, 2]);
  assert.match(await readFile(path, 'utf8'), /"action":"open"[^\n]*\n[^\n]*"user":"bob"[^\n]*\n$/);
});
