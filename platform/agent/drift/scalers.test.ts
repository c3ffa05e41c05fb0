import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeClient } from '../../../apply/client/client.ts';
import { applyError } from '../../../apply/errors.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { findScalers } from './scalers.ts';

const deployment: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'web' },
};
const signal = new AbortController().signal;

/** A cluster where these kinds are served, each with one object with this spec. */
function serving(specs: Readonly<Record<string, object | 'forbidden'>>): Pick<KubeClient, 'list'> {
  return {
    list: async ({ apiVersion, kind, namespace }) => {
      assert.equal(namespace, 'web');
      const spec = specs[kind];
      if (spec === undefined) throw applyError('KIND_UNKNOWN', { subject: kind });
      if (spec === 'forbidden') throw applyError('CLUSTER_FORBIDDEN', { subject: kind });
      return { resourceVersion: '1', items: [{ apiVersion, kind, metadata: { name: 'it' }, spec }] };
    },
  };
}

const find = (specs: Parameters<typeof serving>[0]) => findScalers(serving(specs), deployment, signal);

describe('autoscalers', () => {
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

  test('are those that name the object as their target', async () => {
    assert.deepEqual(await find({}), { replicas: false, resources: false });
    assert.deepEqual(await find({ HorizontalPodAutoscaler: { scaleTargetRef: target } }), {
      replicas: true,
      resources: false,
    });
    assert.deepEqual(await find({ VerticalPodAutoscaler: { targetRef: target } }), {
      replicas: false,
      resources: true,
    });
    const others = [
      { ...target, name: 'other' },
      { ...target, kind: 'StatefulSet' },
      { ...target, apiVersion: 'a/v1' },
    ];
    for (const scaleTargetRef of others)
      assert.equal((await find({ HorizontalPodAutoscaler: { scaleTargetRef } })).replicas, false);
  });

  test('of KEDA mean a Deployment where they say no kind', async () => {
    assert.equal((await find({ ScaledObject: { scaleTargetRef: { name: 'web' } } })).replicas, true);
  });

  test('that may not be seen count as there', async () => {
    assert.equal((await find({ HorizontalPodAutoscaler: 'forbidden' })).replicas, true);
  });
});
