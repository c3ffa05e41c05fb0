import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { OneSecret } from '../testing/one-secret.ts';
import { SessionKeys } from './session-keys.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const { signal } = new AbortController();

describe('the keys of sessions', () => {
  let secret: OneSecret;
  let time: number;

  beforeEach(() => {
    secret = new OneSecret();
    time = Date.parse('2030-06-01T12:00:00Z');
  });

  const open = async () =>
    await SessionKeys.open({
      ...{ client: secret, namespace: 'system', name: 'hub-tls', signal, now: () => new Date(time) },
      ...{ rotateMs: 30 * DAY_MS, openMs: 12 * HOUR_MS },
    });

  test('are made once, however many hubs begin, and what one seals the other opens', async () => {
    const [one, two] = await Promise.all([open(), open()]);
    assert.equal(secret.writes, 1);
    assert.deepEqual(await two?.open(one?.seal({ a: 1 }, 'session') ?? '', 'session'), {
      ...{ value: { a: 1 }, isFresh: true },
    });
  });

  test('open nothing that was sealed for something else', async () => {
    const keys = await open();
    assert.equal(await keys.open(keys.seal({ a: 1 }, 'login'), 'session'), undefined);
    for (const text of ['', 'x', 'A'.repeat(5_000)])
      assert.equal(await keys.open(text, 'session'), undefined);
  });

  test('change with time, and what an old one sealed opens as long as sessions last', async () => {
    const keys = await open();
    time += 30 * DAY_MS - 1;
    await keys.refresh();
    const sealed = keys.seal('late', 'session');
    time += 2;
    await keys.refresh();
    assert.deepEqual(await keys.open(sealed, 'session'), { value: 'late', isFresh: false });
    assert.equal((await keys.open(keys.seal('new', 'session'), 'session'))?.isFresh, true);
    time += 30 * DAY_MS + 13 * HOUR_MS;
    await keys.refresh();
    time += 30 * DAY_MS;
    await keys.refresh();
    assert.equal(await keys.open(sealed, 'session'), undefined);
  });

  test('are looked for when another hub has made one, but not for each number that somebody makes up', async () => {
    const one = await open();
    const two = await open();
    time += 31 * DAY_MS;
    await two.refresh();
    const sealed = two.seal('by the other', 'session');
    assert.equal((await one.open(sealed, 'session'))?.value, 'by the other');
    let reads = 0;
    const get = secret.get.bind(secret);
    secret.get = async () => {
      reads++;
      return await get();
    };
    const madeUp = Buffer.from(sealed, 'base64url');
    for (let id = 100; id < 120; id++) {
      madeUp.writeUInt32BE(id, 1);
      assert.equal(await one.open(madeUp.toString('base64url'), 'session'), undefined);
    }
    assert.equal(reads, 0);
  });

  test('that somebody has spoiled are left out', async () => {
    secret.put({ 'key-1': 'nonsense', 'key-x': '', other: 'y' });
    const keys = await open();
    assert.equal((await keys.open(keys.seal(1, 'session'), 'session'))?.value, 1);
  });

  test('need their Secret, and give up where somebody else writes it again and again', async () => {
    secret.before = () => void (secret.object !== undefined && secret.set(secret.object));
    await assert.rejects(open(), { code: 'SESSION_SECRET_CONTESTED' });
    secret.object = undefined;
    await assert.rejects(open(), { code: 'SESSION_SECRET_MISSING' });
  });
});
