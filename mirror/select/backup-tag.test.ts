import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupProblem, backupTag, isBackupTag } from './backup-tag.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}` as const;
const TEMPLATE = '{tag}-before-{digest}';

test('a backup tag is recognized, and no other', () => {
  const made = backupTag(TEMPLATE, 'v1', DIGEST);
  assert.equal(made, 'v1-before-0123456789ab');
  assert.equal(isBackupTag(TEMPLATE, made ?? ''), true);
  assert.equal(isBackupTag(TEMPLATE, 'v1-before-christmas'), false);
  assert.equal(isBackupTag(TEMPLATE, 'v1'), false);
});

test('a template must tell two moves of a tag apart and make a tag', () => {
  assert.equal(backupProblem(TEMPLATE), undefined);
  for (const bad of ['old', '{tag}-old', '{digest}', '{tag}:{digest}', '{tag} {digest}'])
    assert.notEqual(backupProblem(bad), undefined, bad);
  assert.equal(backupTag(TEMPLATE, 'x'.repeat(128), DIGEST), undefined);
});
