import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeCountdown, readChannelCountdown } from './channel-countdown.ts';

const EXPIRES = Date.parse('2030-03-01T00:00:00Z');
const LAST_SEEN = Date.parse('2030-01-01T00:00:00Z');
const { signal } = new AbortController();

function remembers(channel: string | undefined) {
  const metadata = { name: 'skerry-channel', namespace: 'skerry-system' };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { channel } };
  const refuse = async () => assert.fail('a status writes nothing');
  return { get: async () => (channel === undefined ? undefined : object), create: refuse, replace: refuse };
}

const SEEN = JSON.stringify({
  ...{ version: 1, expires: EXPIRES, role: 'timestamp', root: 3 },
  state: { root: '{}', timestamp: 1, snapshot: 1, roles: {}, lastSeen: LAST_SEEN },
});

async function at(time: string): Promise<string> {
  const found = await readChannelCountdown(remembers(SEEN), new Date(time), signal);
  assert.ok(found);
  return describeCountdown(found);
}

test('what is left of the channel that was seen last is counted down', async () => {
  assert.match(await at('2030-01-10T00:00:00Z'), /^fresh for 50 more days, timestamp ends at 2030-03-01/);
  assert.match(await at('2030-02-25T00:00:00Z'), /^fresh for 4 more days.*: get a newer one/);
  assert.match(await at('2030-03-11T00:00:00Z'), /^NOT FRESH for 10 days/);
});

test('a clock that is years behind counts from what was seen before', async () => {
  assert.match(await at('2020-01-01T00:00:00Z'), /^fresh for 59 more days.*the clock here is BEHIND/);
});

test('where no channel was seen, or what is kept cannot be read, there is none', async () => {
  for (const text of [undefined, 'no JSON', '{}'])
    assert.equal(await readChannelCountdown(remembers(text), new Date(), signal), undefined);
});
