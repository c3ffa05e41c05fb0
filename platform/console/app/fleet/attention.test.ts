import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleCluster } from '../testing/sample-cluster.ts';
import { needAttention, sinceOf } from './attention.ts';
import { readFleetSearch } from './fleet-search.ts';
import { countStates } from './state-counts.ts';

const SEEN = { seen: '2026-11-28T10:00:00Z', version: '1', transport: 'network' };

test('what failed comes before what is silent, and what is well is not named', () => {
  const layers = [
    { name: 'web', version: '1', digest: 'd', state: 'failed', code: 'HOOK_FAILED', message: 'no' },
  ];
  const clusters = [
    sampleCluster({ name: 'well', status: {} }),
    sampleCluster({ name: 'silent', status: { phase: 'Unknown', agent: SEEN } }),
    sampleCluster({ name: 'failed', status: { phase: 'Failed', layers } }),
    sampleCluster({ name: 'paused', spec: { paused: true }, status: { phase: 'Failed', layers } }),
  ];
  const found = needAttention(clusters).map(({ cluster, why }) => [cluster.name, why]);
  assert.deepEqual(found, [
    ['failed', 'Layer web is failed: HOOK_FAILED: no'],
    ['silent', 'Its agent is silent'],
  ]);
});

test('an agent that asks to join waits for a person, until its key is accepted', () => {
  const request = { key: 'SHA256:x', at: '2026-11-28T10:00:00Z' };
  const asking = sampleCluster({ status: { phase: 'Enrolling', request } });
  assert.equal(needAttention([asking]).length, 1);
  const accepted = sampleCluster({
    spec: { agent: { key: 'SHA256:x' } },
    status: { phase: 'Applying', request },
  });
  assert.equal(needAttention([accepted]).length, 0);
});

test('drift that was put back needs nobody', () => {
  const item = {
    layer: 'web',
    object: 'ConfigMap a/b',
    what: 'changed',
    fields: [],
    at: '2026-11-28T10:00:00Z',
  };
  const drifted = (state: string) =>
    sampleCluster({ status: { drift: { count: 1, top: [{ ...item, state }] } } });
  assert.equal(needAttention([drifted('found')]).length, 1);
  assert.equal(needAttention([drifted('corrected')]).length, 0);
});

test('a silent cluster is so since it was last heard of', () => {
  assert.equal(sinceOf(sampleCluster({ status: { phase: 'Unknown', agent: SEEN } })), SEEN.seen);
  assert.equal(sinceOf(sampleCluster()), '2026-11-01T00:00:00Z');
});

test('states are counted in the order of what needs a person', () => {
  assert.deepEqual(countStates({ Ready: 5, Failed: 1, Unknown: 0, Odd: 2 }), [
    ['Failed', 1],
    ['Ready', 5],
    ['Odd', 2],
  ]);
});

test('an address says what it may and nothing else', () => {
  assert.deepEqual(readFleetSearch({ project: 'shop', text: 'a', state: 'Ready', sort: '-age', more: 1 }), {
    project: 'shop',
    text: 'a',
    state: 'Ready',
    sort: '-age',
  });
  assert.deepEqual(readFleetSearch({ project: '../x', text: 7, sort: 'size' }), {});
});
