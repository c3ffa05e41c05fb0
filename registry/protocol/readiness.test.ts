import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import type { ProbedStore } from '../capability.ts';
import type { DiskMeasure } from '../store/files/disk-measure.ts';
import { startRegistry } from '../testing/registry.ts';
import { TestStore } from '../testing/store.ts';

const FULL: DiskMeasure = { free: 100, size: 10_000, freeFiles: 0, files: 0 };

test('a registry without room is ready for pulls, and says that it takes no pushes', async (context) => {
  let space: DiskMeasure = { ...FULL, free: 5000 };
  const room = { keepFree: 300, measure: async () => space };
  let time = 0;
  const registry = await startRegistry(context, { diskSpace: room, clock: () => time });
  const ready = async () => {
    const { status, body } = await registry.send('GET', '/readyz');
    assert.equal(status, 200);
    return body.toString();
  };
  assert.equal(await ready(), '{"status":"ready","writes":"accepted"}');
  space = FULL;
  time += 2000;
  assert.match(await ready(), /"status":"ready","writes":"refused: no room/);
  space = { ...FULL, free: 5000 };
  time += 2000;
  assert.match(await ready(), /"writes":"accepted"/);
});

test('a registry that takes no pushes by its nature says so', async (context) => {
  const registry = await startRegistry(context, { store: new MemoryStore(), uploads: undefined });
  const { body } = await registry.send('GET', '/readyz');
  assert.deepEqual(JSON.parse(body.toString()), { status: 'ready', writes: 'off' });
});

test('a store whose disk failed is ready for pulls, and says why it takes no pushes', async (context) => {
  const store: TestStore & ProbedStore = Object.assign(new TestStore(), {
    troubleWriting: async () => 'its file system is read-only',
  });
  const registry = await startRegistry(context, { store });
  const { body } = await registry.send('GET', '/readyz');
  assert.deepEqual(JSON.parse(body.toString()), {
    status: 'ready',
    writes: 'refused: its file system is read-only',
  });
});

test('a store that cannot be read is not ready; the reason is in the log and not in the answer', async (context) => {
  const store: Store = Object.assign(new TestStore(), {
    listRepositories: async () => {
      throw new Error('EIO: i/o error, read /media/stick');
    },
  });
  const registry = await startRegistry(context, { store });
  const { status, codes, body, headers } = await registry.send('GET', '/readyz');
  assert.deepEqual([status, codes], [503, ['UNAVAILABLE']]);
  assert.doesNotMatch(body.toString(), /stick/);
  const line = registry.log.find(({ requestId }) => requestId === headers['x-request-id']);
  assert.match(String(line?.error), /EIO.*stick/);
});
