import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { CopyTroubles } from './copy-troubles.ts';

const unreachable = () => contentError('REGISTRY_UNREACHABLE', { subject: 'ghcr.io' });
const MANY = 20;

function stops(troubles: CopyTroubles, repository: string): boolean {
  try {
    troubles.check(repository);
    return false;
  } catch (error) {
    assert.ok(isSkerryError(error));
    return true;
  }
}

test('a registry that is away stops what else comes from it, and nothing of another registry', () => {
  const troubles = new CopyTroubles();
  for (let i = 0; i < MANY; i++) troubles.failed(unreachable(), `ghcr.io/team/app-${i}`);
  assert.ok(stops(troubles, 'ghcr.io/other/app'));
  assert.ok(!stops(troubles, 'quay.io/other/app'));
  troubles.passed('quay.io/other/app');
  assert.ok(stops(troubles, 'ghcr.io/other/app'));
  troubles.passed('ghcr.io/other/app');
  assert.ok(!stops(troubles, 'ghcr.io/other/app'));
});

test('repositories without a host are all of one registry; a full disk stops everything', () => {
  const single = new CopyTroubles();
  for (let i = 0; i < MANY; i++) single.failed(unreachable(), `team-${i}/app`);
  assert.ok(stops(single, 'other/app'));
  const full = new CopyTroubles();
  for (let i = 0; i < MANY; i++)
    full.failed(contentError('DISK_FULL', { subject: '/' }), `host-${i}.example/app`);
  assert.ok(stops(full, 'quay.io/other/app'));
  const bad = new CopyTroubles();
  for (let i = 0; i < MANY; i++) bad.failed(contentError('DIGEST_MISMATCH', { subject: 'x' }), 'team/app');
  assert.ok(!stops(bad, 'team/app'));
});
