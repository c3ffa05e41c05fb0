import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyError } from '../../../apply/errors.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { encode } from '../../desired/canonical.ts';
import { HUB_FILE_TYPE } from '../../desired/carry/hub-file.ts';
import { sign } from '../../desired/dsse.ts';
import { AGENT_INBOX, FILE_KEY } from './agent-secrets.ts';
import { followInbox } from './follow-inbox.ts';

const { privateKey } = generateKeyPairSync('ed25519');

test('what a stick has brought is taken again until the cluster can keep it, and then no more', async () => {
  const server = await ScriptedApiServer.start();
  const messages = [{ kind: 'behind' }];
  const file = { version: 1, at: '', project: 'sea', cluster: 'north', number: 0, messages };
  const text = JSON.stringify(sign(HUB_FILE_TYPE, encode(file), privateKey, 'key'));
  server.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: AGENT_INBOX, namespace: 'skerry-system' },
    data: { [FILE_KEY]: Buffer.from(text).toString('base64') },
  });
  const stop = new AbortController();
  const failures: unknown[] = [];
  let taken = 0;
  const following = followInbox({
    client: server.client(),
    namespace: 'skerry-system',
    signal: stop.signal,
    clock: {
      now: () => performance.now(),
      sleep: async (_, signal) => await sleep(1, undefined, { signal }),
    },
    onError: (error) => failures.push(error),
    keys: () => [createPublicKey(privateKey)],
    key: 'key',
    id: 'id',
    cluster: () => undefined,
    enrolled: async () => undefined,
    receive: async () => {
      taken++;
      if (taken < 3) throw applyError('CLUSTER_ERROR', { subject: 'Secret' });
    },
  });
  try {
    for (let tries = 0; taken < 3 && tries < 2000; tries++) await sleep(5);
    assert.equal(taken, 3);
    assert.equal(failures.length, 2);
  } finally {
    stop.abort();
    await following;
    await server.close();
  }
  assert.equal(taken, 3);
});
