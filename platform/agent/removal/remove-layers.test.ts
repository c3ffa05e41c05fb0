import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { platformError } from '../../errors.ts';
import { EMPTY_JOURNAL, Journal } from '../state/journal.ts';
import { type RemovalRun, removeLayers } from './remove-layers.ts';

const applied = (namespace: string): Journal['applied'][string] => ({
  namespace,
  onRemove: 'prune',
  digest: '',
  complete: true,
  version: '1.0.0',
  packDigest: '',
});

test('layers go in the reverse order, one that stays is said with its reason, and one that is wanted is not touched', async () => {
  const { holder, run, asked } = removal({ a: applied('a'), b: applied('b'), c: applied('c') }, 'b');
  const named = ['a', 'b', 'c', 'd'].map(
    (name) => ({ name, namespace: name, onRemove: name === 'c' ? 'keep' : 'prune' }) as const,
  );
  const failed = await run(named, ['a']);
  assert.deepEqual(asked, [
    { name: 'b', isOurs: true },
    { name: 'd', isOurs: false },
  ]);
  assert.deepEqual(
    failed.map(({ name, code }) => [name, code]),
    [['b', 'LAYER_FAILED']],
  );
  assert.deepEqual(holder.journal.removed.toSorted(), ['c', 'd']);
  assert.deepEqual(Object.keys(holder.journal.applied), ['a', 'b']);
});

test('a release of the same name in another namespace is not known to be of the agent', async () => {
  const { run, asked } = removal({ a: applied('before') }, '');
  await run([{ name: 'a', namespace: 'now', onRemove: 'prune' }], []);
  assert.deepEqual(asked, [{ name: 'a', isOurs: false }]);
});

test('what a layer waits for is remembered over a restart, until the layer is gone or named no more', async () => {
  const held = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'held', namespace: 'a', finalizers: ['x'] },
  };
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', namespace: 'a' } };
  const first = removal({ a: applied('a'), b: applied('b') }, 'a', held);
  const named = ['a', 'b'].map((name) => ({ name, namespace: name, onRemove: 'prune' }) as const);
  await first.run(named, []);
  const kept = Journal.parse(JSON.parse(JSON.stringify(first.holder.journal)));
  assert.deepEqual(kept.leaving, { a: [reference] });
  assert.deepEqual(kept.removed, ['b']);
  const again = removal(kept.applied, '');
  again.holder.journal = kept;
  await again.run(named, []);
  assert.deepEqual(again.remembered, { a: [reference] });
  assert.deepEqual([again.holder.journal.leaving, again.holder.journal.removed], [{}, ['b', 'a']]);
  again.holder.journal = kept;
  await again.run([], []);
  assert.deepEqual([again.holder.journal.leaving, again.holder.journal.removed], [{}, []]);
});

test('however many objects go, the journal stays small', async () => {
  const many = Array.from({ length: 5000 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `settings-${index}`.padEnd(60, 'x'), namespace: 'a' },
  }));
  const { holder, run } = removal({ a: applied('a'), b: applied('b') }, 'a', ...many);
  await run([{ name: 'a', namespace: 'a', onRemove: 'prune' }], []);
  assert.ok(holder.journal.leaving.a?.length);
  assert.ok(Buffer.byteLength(JSON.stringify(holder.journal, null, 1)) < 400_000);
});

function removal(layers: Journal['applied'], stuck: string, ...objects: KubeObject[]) {
  const asked: { name: string; isOurs: boolean }[] = [];
  const remembered: Record<string, readonly KubeObject[]> = {};
  const holder = {
    journal: { ...EMPTY_JOURNAL, applied: layers },
    remember: async (change: (journal: Journal) => Journal) => {
      holder.journal = change(holder.journal);
    },
  };
  const engine: RemovalRun['engine'] = {
    remove: async ({ name }, { isOurs, leaving, onLeaving }) => {
      asked.push({ name, isOurs });
      if (leaving.length > 0) remembered[name] = leaving;
      if (objects.length > 0) await onLeaving(objects);
      if (name === stuck) throw platformError('LAYER_FAILED', { subject: name });
      return true;
    },
  };
  const { signal } = new AbortController();
  const run = async (remove: RemovalRun['envelope']['remove'], wanted: readonly string[]) =>
    await removeLayers({
      envelope: { remove, layers: wanted.map((name) => ({ name })) },
      ...{ engine, holder, signal, failures: new Map() },
    });
  return { holder, asked, remembered, run };
}
