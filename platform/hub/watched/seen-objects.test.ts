import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { Cluster } from '../../api/cluster.ts';
import { type Notice, SeenObjects } from './seen-objects.ts';

test('what came after a version is known, and before a list it is not', () => {
  const seen = new SeenObjects(Cluster);
  assert.equal(seen.since('1'), undefined);
  seen.see({ type: 'listed', objects: [cluster('a', 3)], resourceVersion: '9' });
  seen.see({ type: 'modified', object: cluster('a', 10) });
  seen.see({ type: 'deleted', object: cluster('a', 11) });
  assert.deepEqual(names(seen.since('9')), ['a gone']);
  assert.deepEqual(names(seen.since('10')), ['a gone']);
  assert.deepEqual(names(seen.since('11')), []);
  // Too old, and of another life of the store.
  assert.equal(seen.since('8'), undefined);
  assert.equal(seen.since('12'), undefined);
});

test('changes beyond a number are not kept, and who has seen none of them has to begin again', () => {
  const seen = new SeenObjects(Cluster);
  seen.see({ type: 'listed', objects: [], resourceVersion: '0' });
  for (let version = 1; version <= 50_000; version++)
    seen.see({ type: 'modified', object: cluster(`c${version % 7}`, version) });
  assert.equal(seen.since('0'), undefined);
  assert.equal(seen.since('49990')?.length, 7);
  assert.equal(seen.since('49999')?.length, 1);
});

test('a list tells what is different, and that all is reported only when it is', () => {
  const seen = new SeenObjects(Cluster);
  seen.see({ type: 'listed', objects: [cluster('a', 1), cluster('b', 2)], resourceVersion: '5' });
  const told: Notice[] = [];
  seen.subscribe((one) => told.push(one));
  seen.see({ type: 'listed', objects: [cluster('a', 1), cluster('c', 7)], resourceVersion: '9' });
  assert.deepEqual(
    told.map(({ change, upTo }) => (change === undefined ? upTo : names([change])[0])),
    ['c', 'b gone', '9'],
  );
  assert.ok(told.slice(0, -1).every(({ upTo }) => upTo === undefined));
});

test('what was written here counts for readers at once, and is reported when the watch says so', () => {
  const seen = new SeenObjects(Cluster);
  seen.see({ type: 'listed', objects: [], resourceVersion: '5' });
  seen.put(cluster('a', 8));
  const told: Notice[] = [];
  seen.subscribe((one) => told.push(one));
  assert.equal(seen.get('p/a')?.metadata.resourceVersion, '8');
  assert.equal(seen.position, '5');
  seen.see({ type: 'added', object: cluster('a', 7) });
  assert.equal(seen.get('p/a')?.metadata.resourceVersion, '8');
  seen.see({ type: 'modified', object: cluster('a', 8) });
  assert.deepEqual(
    told.map(({ upTo }) => upTo),
    ['7', '8'],
  );
});

function cluster(name: string, version: number): KubeObject {
  return {
    apiVersion: 'skerry.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { namespace: 'p', name, uid: name, resourceVersion: String(version) },
  };
}

function names(changes: readonly { key: string; isDeleted: boolean }[] | undefined): string[] {
  return (changes ?? []).map(({ key, isDeleted }) => `${key.slice(2)}${isDeleted ? ' gone' : ''}`);
}
