import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health } from './health.ts';
import { openMirrorDoor } from './mirror-door.ts';
import { MirrorMetrics } from './mirror-metrics.ts';

const LISTEN = { host: '127.0.0.1', port: 0 };

async function get(health: () => Promise<Health>, path: string) {
  await using door = await openMirrorDoor(LISTEN, new MirrorMetrics(), health);
  const response = await fetch(`http://127.0.0.1:${door.port}${path}`);
  return { status: response.status, text: await response.text() };
}

test('that the last good run has grown old is seen while a run that never ends is under way', async () => {
  const health = async (): Promise<Health> => ({ status: 'old', running: true });
  const { status, text } = await get(health, '/metrics');
  assert.equal(status, 200);
  assert.match(text, /^skerry_mirror_stale 1$/m);
  assert.equal((await get(health, '/health')).status, 503);
  assert.equal((await get(health, '/healthz')).status, 200);
});

test('metrics are there, too, where the state can’t be read', async () => {
  const health = async () => {
    throw new Error('unreadable');
  };
  assert.equal((await get(health, '/metrics')).status, 200);
  assert.equal((await get(health, '/health')).status, 500);
});
