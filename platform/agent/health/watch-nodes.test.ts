import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchEvent } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { watchNodes } from './watch-nodes.ts';

test('a node that comes, goes or is no longer ready is a change, a sign of life is none', async () => {
  const node = (name: string, status: string, beat = ''): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: { conditions: [{ type: 'Ready', status, lastHeartbeatTime: beat }] },
  });
  const events: readonly [event: WatchEvent, isChange: boolean][] = [
    [{ type: 'listed', objects: [node('a', 'True'), node('b', 'True')] }, true],
    [{ type: 'modified', object: node('b', 'True', '2026-01-01T00:00:00Z') }, false],
    [{ type: 'modified', object: node('b', 'Unknown') }, true],
    [{ type: 'listed', objects: [node('b', 'Unknown'), node('a', 'True')] }, false],
    [{ type: 'deleted', object: node('b', 'Unknown') }, true],
    [{ type: 'added', object: node('c', 'False') }, true],
  ];
  const stop = new AbortController();
  const seen: boolean[] = [];
  let changes = 0;
  await watchNodes({
    client: {
      async *watch() {
        for (const [event] of events) {
          const before = changes;
          yield event;
          seen.push(changes > before);
        }
        stop.abort();
      },
    },
    clock: { now: () => 0, sleep: async () => undefined },
    signal: stop.signal,
    onChange: () => changes++,
  });
  assert.deepEqual(
    seen,
    events.map(([, isChange]) => isChange),
  );
});
