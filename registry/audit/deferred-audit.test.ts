import assert from 'node:assert/strict';
import { chown, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { verifyChain } from '../../content/chain/verify-chain.ts';
import { deferredAudit } from './deferred-audit.ts';

const skip = process.getuid?.() === 0 ? false : 'only root gives files away';

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-audit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a log is begun with the first entry, and not sooner', async (t) => {
  const path = join(await newFolder(t), 'audit.log');
  const idle = deferredAudit(path);
  await idle.close();
  await assert.rejects(readFile(path), { code: 'ENOENT' });
  const audit = deferredAudit(path);
  await Promise.all([1, 2].map((blobs) => audit.record({ action: 'collect', result: 'done', blobs })));
  await audit.close();
  assert.equal((await verifyChain([path])).records, 3);
});

test('one that root begins belongs to whom its folder belongs to', { skip }, async (t) => {
  const folder = await newFolder(t);
  await chown(folder, 65532, 65532);
  const audit = deferredAudit(join(folder, 'audit.log'));
  await audit.record({ action: 'collect', result: 'done' });
  await audit.close();
  assert.equal((await stat(join(folder, 'audit.log'))).uid, 65532);
});

test('one that can’t be opened is a failure', async (t) => {
  const audit = deferredAudit(join(await newFolder(t), 'none', 'audit.log'));
  await assert.rejects(audit.record({ action: 'collect', result: 'done' }), {
    code: 'REGISTRY_AUDIT_UNUSABLE',
  });
  await audit.close();
});
