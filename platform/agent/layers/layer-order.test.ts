import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LayerState } from '../../api/cluster-status.ts';
import { startable, waitsFor } from './layer-order.ts';

const LAYERS = [
  { name: 'web', dependsOn: ['store', 'mesh'] },
  { name: 'store', dependsOn: [] },
  { name: 'mesh', dependsOn: ['store'] },
  { name: 'alone', dependsOn: [] },
];

test('a layer starts when all that it depends on was ready, whatever fails elsewhere', () => {
  const states = new Map(LAYERS.map(({ name }) => [name, { state: 'waiting' as string }]));
  const steps: string[][] = [];
  for (const [name, state] of [
    ['', ''],
    ['alone', 'failed'],
    ['store', 'ready'],
    ['mesh', 'degraded'],
  ] as const) {
    if (name !== '') states.set(name, { state });
    steps.push(startable(LAYERS, progress(states)).map((layer) => layer.name));
  }
  assert.deepEqual(steps, [['store', 'alone'], ['store'], ['mesh'], ['web']]);
});

test('what depends on a layer that failed, or that is not there, waits and says for what', () => {
  const states = progress(new Map([['store', { state: 'failed' }]]));
  const web = { name: 'web', dependsOn: ['store', 'gone'] };
  assert.deepEqual(startable([web], new Map([...states, ['web', { state: 'waiting' as const }]])), []);
  assert.match(waitsFor(web, states), /store \(failed\).*gone/);
});

function progress(states: ReadonlyMap<string, { state: string }>) {
  return new Map([...states].map(([name, { state }]) => [name, { state: State.parse(state) }]));
}

const { state: State } = LayerState.shape;
