import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedLayers, layerWords } from './change-words.ts';

test('a layer says what becomes of it, which version, and which values', () => {
  const values = [
    { pointer: '/replicas', before: 2, after: 3 },
    { pointer: '/host', after: 'a' },
  ];
  assert.equal(
    layerWords({ name: 'web', change: 'change', version: '2.0.0', versionBefore: '1.0.0', values }),
    'changes, 1.0.0 → 2.0.0, /replicas: 2 → 3, /host: nothing → "a"',
  );
  assert.equal(layerWords({ name: 'web', change: 'add', version: '2.0.0' }), 'comes');
  assert.equal(layerWords({ name: 'web', change: 'odd', detail: 'why' }), 'odd, why');
});

test('what stays as it is is not told', () => {
  const layers = [
    { name: 'cni', change: 'none' },
    { name: 'web', change: 'remove' },
  ];
  assert.deepEqual(changedLayers({ project: 'shop', name: 'edge-1', layers }), [layers[1]]);
});
