import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { markOf, ownedObject } from './owned-object.ts';

const entry = (manager: string, fieldsV1: object, time = 't') => ({
  manager,
  operation: 'Apply',
  time,
  fieldsV1,
});
const live = (managed: readonly object[], more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'a', uid: '1', resourceVersion: '1', managedFields: managed, ...more },
});

describe('an owned object', () => {
  test('is read again as it was, 64-bit integers and all', () => {
    const object = { ...live([]), data: { a: '1' }, big: 9223372036854775807n };
    assert.deepEqual(ownedObject(object).unpack(), object);
    const plain = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: '1' } };
    assert.deepEqual(ownedObject(plain).unpack(), plain);
  });

  test('has the text of a Secret as the API server keeps it', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      stringData: { a: 'x' },
      data: { b: 'eQ==' },
    };
    assert.deepEqual(ownedObject(secret).unpack(), {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      data: { a: 'eA==', b: 'eQ==' },
    });
  });
});

describe('the mark of an object', () => {
  const ours = entry('helm', { 'f:data': { 'f:a': {} } });
  const mark = (object: KubeObject, close = false) => markOf(object, 'helm', close);

  test('stays when others change what is not ours', () => {
    const other = entry('other', { 'f:data': { 'f:b': {} } });
    assert.equal(mark(live([ours])), mark(live([ours, other], { resourceVersion: '2' })));
  });

  test('changes when a field is not ours any more, when we applied again, and when it is another object', () => {
    for (const changed of [
      live([entry('helm', { 'f:data': {} })]),
      live([entry('helm', { 'f:data': { 'f:a': {} } }, 'later')]),
      live([ours], { uid: '2' }),
      live([ours], { deletionTimestamp: 'now' }),
    ])
      assert.notEqual(mark(live([ours])), mark(changed));
  });

  test('changes with everything but status when it is watched closely', () => {
    assert.notEqual(mark(live([ours]), true), mark(live([ours], { resourceVersion: '2' }), true));
    const spec = (resourceVersion: string) => live([ours], { generation: 1, resourceVersion });
    assert.equal(mark(spec('1'), true), mark(spec('2'), true));
    assert.notEqual(mark(spec('1'), true), mark(live([ours], { generation: 2 }), true));
  });
});
