import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SetField } from '../../../apply/field-set.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { DriftPolicy } from '../../api/drift-policy.ts';
import { isExcused, isSameValue } from './excuse.ts';
import { NO_SCALERS, type Scalers } from './scalers.ts';

const object = (kind: string, apiVersion: string, more: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'web', namespace: 'web' },
  ...more,
});
const DEPLOYMENT = object('Deployment', 'apps/v1');
const field = (...keys: string[]): SetField => ({
  keys: keys.map((key) => `f:${key}`),
  path: keys.map((key) => `.${key}`).join(''),
});
const at = (path: string): SetField => ({ keys: [], path });

function excused(
  of: KubeObject,
  what: SetField,
  { scalers = NO_SCALERS, ignore = [] }: { scalers?: Scalers; ignore?: DriftPolicy['ignore'] } = {},
): boolean {
  return isExcused({ object: of, scalers, policy: { mode: 'correct', ignore } }, what);
}

describe('what is no drift', () => {
  test('an authority that was injected where authorities are', () => {
    const hook = object('MutatingWebhookConfiguration', 'admissionregistration.k8s.io/v1');
    assert.equal(excused(hook, at('.webhooks[name="a"].clientConfig.caBundle')), true);
    assert.equal(excused(hook, at('.webhooks[name="a"].clientConfig.url')), false);
    const crd = object('CustomResourceDefinition', 'apiextensions.k8s.io/v1');
    assert.equal(excused(crd, at('.spec.conversion.webhook.clientConfig.caBundle')), true);
    assert.equal(excused(object('APIService', 'apiregistration.k8s.io/v1'), at('.spec.caBundle')), true);
    assert.equal(excused(object('Issuer', 'tiny.example/v1'), at('.spec.caBundle')), false);
  });

  test('replicas and resources only where an autoscaler has them', () => {
    const resources = at('.spec.template.spec.containers[name="a"].resources.limits.cpu');
    assert.equal(excused(DEPLOYMENT, at('.spec.replicas')), false);
    assert.equal(
      excused(DEPLOYMENT, at('.spec.replicas'), { scalers: { replicas: true, resources: false } }),
      true,
    );
    assert.equal(excused(DEPLOYMENT, resources), false);
    assert.equal(excused(DEPLOYMENT, resources, { scalers: { replicas: false, resources: true } }), true);
  });

  test('a restart, a revision, and what kubectl applied last', () => {
    for (const name of [
      '.spec.template.metadata.annotations.kubectl.kubernetes.io/restartedAt',
      '.metadata.annotations.deployment.kubernetes.io/revision',
      '.metadata.annotations.kubectl.kubernetes.io/last-applied-configuration',
    ])
      assert.equal(excused(DEPLOYMENT, at(name)), true);
    assert.equal(excused(DEPLOYMENT, at('.metadata.annotations.mine')), false);
  });

  test('a value of a Secret that was left empty', () => {
    const secret = object('Secret', 'v1', { data: { a: '', b: 'eA==' } });
    assert.equal(excused(secret, field('data', 'a')), true);
    assert.equal(excused(secret, field('data', 'b')), false);
    assert.equal(excused(object('ConfigMap', 'v1', { data: { a: '' } }), field('data', 'a')), false);
  });

  test('rules of a ClusterRole that sums up others', () => {
    const role = object('ClusterRole', 'rbac.authorization.k8s.io/v1', { aggregationRule: {} });
    assert.equal(excused(role, at('.rules')), true);
    assert.equal(excused(object('ClusterRole', 'rbac.authorization.k8s.io/v1'), at('.rules')), false);
  });

  test('status', () => {
    assert.equal(excused(DEPLOYMENT, at('.status.replicas')), true);
    assert.equal(excused(DEPLOYMENT, at('.statusless')), false);
  });

  test('what the policy ignores, with what is below it, of this kind and name', () => {
    const ignoring = (...ignore: NonNullable<DriftPolicy['ignore']>) => ({ ignore });
    assert.equal(excused(DEPLOYMENT, at('.spec.a.b'), ignoring({ field: '.spec.a' })), true);
    assert.equal(excused(DEPLOYMENT, at('.spec.a[0]'), ignoring({ field: 'spec.a' })), true);
    assert.equal(excused(DEPLOYMENT, at('.spec.ab'), ignoring({ field: '.spec.a' })), false);
    assert.equal(excused(DEPLOYMENT, at('.spec.a'), ignoring({ field: '.spec.a', kind: 'Service' })), false);
    assert.equal(excused(DEPLOYMENT, at('.spec.a'), ignoring({ field: '.spec.a', name: 'other' })), false);
  });
});

describe('values', () => {
  test('are the same quantity however it is spelled, where quantities stand', () => {
    const path = '.spec.resources.limits.cpu';
    assert.equal(isSameValue('1000m', '1', path), true);
    assert.equal(isSameValue(1, '1', path), true);
    assert.equal(isSameValue('1Ki', '1024', path), true);
    assert.equal(isSameValue('1e3', '1k', path), true);
    assert.equal(isSameValue('1Mi', '1M', path), false);
    assert.equal(isSameValue('1x', '1', path), false);
    assert.equal(isSameValue('1000m', '1', '.spec.version'), false);
    assert.equal(isSameValue({ a: 1 }, { a: 1 }, '.spec.version'), true);
  });
});
