import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleCluster } from '../testing/sample-cluster.ts';
import { freeName, readLabels, targetsOf, versionBefore } from './rollout-state.ts';

const cluster = (name: string, version: string, labels: Record<string, string> = {}) =>
  sampleCluster({ name, labels, spec: { profiles: [{ name: 'base', version }] } });

test('labels are pairs, or what is typed is none', () => {
  assert.deepEqual(readLabels(' a=b, c= '), { a: 'b', c: '' });
  assert.deepEqual(readLabels(''), {});
  assert.equal(readLabels('a'), undefined);
  assert.equal(readLabels('a!=b'), undefined);
});

test('a rollout is for the clusters that have the profile and the labels', () => {
  const clusters = [
    cluster('a', '1.0.0', { site: 'north' }),
    cluster('b', '1.0.0'),
    sampleCluster({ name: 'c' }),
  ];
  const names = (selector: Record<string, string>) =>
    targetsOf(clusters, 'base', selector).map(({ name }) => name);
  assert.deepEqual(names({}), ['a', 'b']);
  assert.deepEqual(names({ site: 'north' }), ['a']);
});

test('the way back is known where all had the same version', () => {
  const target = { name: 'base', version: '1.1.0' };
  assert.equal(versionBefore([cluster('a', '1.0.0'), cluster('b', '1.1.0')], target, {}), '1.0.0');
  assert.equal(versionBefore([cluster('a', '1.0.0'), cluster('b', '0.9.0')], target, {}), undefined);
});

test('a name is one that no rollout has', () => {
  assert.equal(freeName('base-1', []), 'base-1');
  assert.equal(freeName('base-1', ['base-1', 'base-1-2']), 'base-1-3');
});
