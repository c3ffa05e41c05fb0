import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listAt, textAt } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { crdChange } from './crd-change.ts';

const text = { type: 'string' };

function version(name: string, { storage = false, served = true, properties = {} } = {}) {
  return { name, served, storage, schema: { openAPIV3Schema: { type: 'object', properties } } };
}

function crd(versions: readonly object[], storedVersions?: readonly string[]): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', scope: 'Cluster', names: { kind: 'Widget', plural: 'widgets' }, versions },
    ...(storedVersions === undefined ? {} : { status: { storedVersions } }),
  };
}

const v1 = version('v1', { storage: true });
const old = version('v1');
const v2 = version('v2', { storage: true });

function names({ spec }: KubeObject): string[] {
  return listAt(spec, 'versions').map((one) => textAt(one, 'name') ?? '');
}

describe('the change of a CRD', () => {
  test('is none where nothing is another', () => {
    const { rewrites, looks, goes } = crdChange(crd([v1], ['v1']), crd([v1]));
    assert.deepEqual([rewrites, looks, goes], [false, [], []]);
  });

  test('keeps a version in which objects are stored, and not one in which none are', () => {
    const change = crdChange(crd([old, v2], ['v1', 'v2']), crd([v2]));
    assert.deepEqual([names(change.between), change.goes, change.rewrites], [['v2', 'v1'], ['v1'], true]);
    const clean = crdChange(crd([old, v2], ['v2']), crd([v2]));
    assert.deepEqual([names(clean.between), clean.goes, clean.rewrites], [['v2'], ['v1'], false]);
  });

  test('ends what was begun: objects are stored again until one version alone is stored', () => {
    assert.equal(crdChange(crd([old, v2], ['v1', 'v2']), crd([old, v2])).rewrites, true);
    assert.equal(crdChange(crd([old, v2], ['v1', 'v2']), crd([v1, version('v2')])).rewrites, true);
    assert.equal(crdChange(crd([v1], ['v1']), crd([old, v2])).rewrites, true);
  });

  test('has objects looked at where their schema is another, whatever words it has', () => {
    const wide = version('v1', { storage: true, properties: { a: { ...text, description: 'An a.' } } });
    const worded = version('v1', { storage: true, properties: { a: { ...text, description: 'The a.' } } });
    const named = version('v1', { storage: true, properties: { a: text, description: text } });
    assert.deepEqual(crdChange(crd([wide], ['v1']), crd([worded])).looks, []);
    assert.deepEqual(crdChange(crd([wide], ['v1']), crd([named])).looks, ['v1']);
    const hidden = version('v1', { served: false });
    const served = version('v2', { storage: true });
    assert.deepEqual(crdChange(crd([hidden, served], ['v1']), crd([named])).looks, ['v2']);
  });

  test('by a webhook is not foreseen where the stored version becomes another', () => {
    const converted = { ...crd([version('v2', { storage: true, properties: { b: text } })]) };
    const spec = { ...Object(converted.spec), conversion: { strategy: 'Webhook' } };
    const change = crdChange(crd([version('v1', { storage: true, properties: { a: text } })], ['v1']), {
      ...converted,
      spec,
    });
    assert.deepEqual([change.looks, change.byWebhook, change.rewrites], [[], true, true]);
  });
});
