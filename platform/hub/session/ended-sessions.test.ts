import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneSecret } from '../testing/one-secret.ts';
import { EndedSessions } from './ended-sessions.ts';
import { SessionKeys } from './session-keys.ts';

const { signal } = new AbortController();

test('a session that was ended at one hub has ended at all, until it would have by itself', async () => {
  const secret = { client: new OneSecret(), namespace: 'system', name: 'hub-tls', signal };
  let time = 1_000_000;
  const errors: unknown[] = [];
  const open = () =>
    new EndedSessions({ ...secret, now: () => time, onError: (error) => void errors.push(error) });
  const [one, two] = [open(), open()];
  await one.add('a', 2_000);
  await two.add('b', 3_000);
  assert.deepEqual([one.has('a'), one.has('b'), two.has('a'), two.has('b')], [true, false, true, true]);
  await one.refresh();
  assert.ok(one.has('b'));
  const { writes } = secret.client;
  await one.refresh();
  assert.equal(secret.client.writes, writes);
  time = 2_500_000;
  for (const hub of [one, two]) await hub.refresh();
  assert.deepEqual([one.has('a'), one.has('b'), two.has('a'), two.has('b')], [false, true, false, true]);
});

test('a session has ended here also while that reaches nobody, and elsewhere afterwards', async () => {
  const secret = { client: new OneSecret(), namespace: 'system', name: 'hub-tls', signal };
  const errors: unknown[] = [];
  const ended = new EndedSessions({ ...secret, now: () => 0, onError: (error) => void errors.push(error) });
  const kept = secret.client.object;
  secret.client.object = undefined;
  await ended.add('a', 10);
  assert.ok(ended.has('a'));
  assert.equal(Object(errors[0]).code, 'SESSION_SECRET_MISSING');
  secret.client.object = kept;
  await ended.refresh();
  assert.equal(secret.client.text('ended-a'), '10');
});

test('keys and ended sessions leave each other alone in their Secret', async () => {
  const secret = { client: new OneSecret(), namespace: 'system', name: 'hub-tls', signal };
  let time = new Date('2030-01-01T00:00:00Z');
  const keys = await SessionKeys.open({ ...secret, now: () => time, rotateMs: 1_000, openMs: 10 });
  const ended = new EndedSessions({
    ...secret,
    now: () => 0,
    onError: (error) => assert.fail(String(error)),
  });
  await ended.add('a', 10);
  const sealed = keys.seal('x', 'session');
  time = new Date(time.getTime() + 1_500);
  await keys.refresh();
  assert.equal((await keys.open(sealed, 'session'))?.value, 'x');
  assert.equal(secret.client.text('ended-a'), '10');
});
