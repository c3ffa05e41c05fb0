import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ownedObject } from './owned-object.ts';
import { selectionsOf } from './selections.ts';

const owned = (namespace: string, name: string, helm = true) =>
  ownedObject({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ...(helm ? { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } : {}) },
  });

const shapes = (objects: Parameters<typeof selectionsOf>[0]) =>
  selectionsOf(objects).map(({ selection: { namespace, labelSelector, fieldSelector } }) => [
    namespace,
    labelSelector ?? fieldSelector,
  ]);

describe('what is watched', () => {
  test('is one object by its name, several by the mark of Helm, others whole', () => {
    assert.deepEqual(shapes([owned('a', 'x')]), [['a', 'metadata.name=x']]);
    assert.deepEqual(shapes([owned('a', 'x'), owned('a', 'y')]), [
      ['a', 'app.kubernetes.io/managed-by=Helm'],
    ]);
    assert.deepEqual(shapes([owned('a', 'x'), owned('a', 'y', false)]), [['a', undefined]]);
  });

  test('is a kind in the whole cluster where it is in many namespaces', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((namespace) => owned(namespace, 'x'));
    assert.deepEqual(shapes(many), [[undefined, 'app.kubernetes.io/managed-by=Helm']]);
    assert.equal(shapes(many.slice(0, 4)).length, 4);
  });
});
