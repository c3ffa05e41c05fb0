import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { LeavingObjects } from './leaving-objects.ts';

const WEB = { name: 'web', namespace: 'web' };
const { signal } = new AbortController();
const held: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'held', namespace: 'web', finalizers: ['example.com/held'] },
};
const other: KubeObject = { ...held, metadata: { name: 'other', namespace: 'web' } };

test('a layer is not gone while a finalizer holds one of its objects, also when it is asked again', async () => {
  const server = await ScriptedApiServer.start();
  try {
    const client = server.client();
    server.put(held, other);
    server.objects.delete('ConfigMap web/held');
    const leaving = new LeavingObjects(200);
    // What is there and was not asked to go belongs to another release by now.
    leaving.add(WEB, [held, other]);
    // A slow machine may not even see the list in so short a time: that is no sign of being gone either.
    const stays = (error: unknown) =>
      isSkerryError(error, 'LAYER_FAILED') || isSkerryError(error, 'CLUSTER_UNREACHABLE');
    await assert.rejects(leaving.waitGone(client, WEB, signal), stays);
    // Helm has forgotten the release meanwhile.
    leaving.add(WEB, []);
    await assert.rejects(leaving.waitGone(client, WEB, signal), stays);
    // As after a restart.
    const later = new LeavingObjects(200);
    await later.waitGone(client, WEB, signal);
    later.recall(WEB, [held]);
    await assert.rejects(later.waitGone(client, WEB, signal), stays);
    // What is known of this very try goes before.
    leaving.recall(WEB, []);
    leaving.recall(WEB, [other]);
    await assert.rejects(leaving.waitGone(client, WEB, signal), stays);
    const found = server.objects.find('ConfigMap web/held');
    assert.ok(found !== undefined);
    server.objects.replace({ ...found, metadata: { ...found.metadata, finalizers: [] } });
    await leaving.waitGone(client, WEB, signal);
    assert.ok(server.names().includes('ConfigMap web/other'));
  } finally {
    await server.close();
  }
});
