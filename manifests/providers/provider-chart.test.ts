import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providerChart } from './provider-chart.ts';

const names = {
  prefix: 'capx',
  namespace: 'capx-system',
  service: 'capx-webhook-service',
  provider: 'infrastructure-x',
  contracts: { v1beta1: 'v1beta2' },
};
const definition = (name: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name, annotations: { 'controller-gen.kubebuilder.io/version': 'v0.1' } },
  spec: {
    group: 'x.example',
    versions: [
      {
        name: 'v1beta2',
        schema: {
          description: 'A thing.',
          properties: { description: { type: 'string', description: 'Words.' } },
        },
      },
    ],
  },
});
const patch = (name: string, more: object) => ({
  kind: 'CustomResourceDefinition',
  metadata: { name },
  ...more,
});
const service = { name: 'webhook-service', namespace: 'system', path: '/mutate' };
const source = {
  definitions: [definition('plain.x.example'), definition('converted.x.example')],
  patches: [patch('converted.x.example', { spec: { conversion: { strategy: 'Webhook' } } })],
  webhooks: [
    {
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'mutating' },
      webhooks: [{ name: 'a.x.example', failurePolicy: 'Fail', clientConfig: { service } }],
    },
  ],
  roles: [{ kind: 'ClusterRole', metadata: { name: 'manager-role' }, rules: [{ verbs: ['get'] }] }],
};

test('Definitions say which contract they keep, and only those that are converted ask for an authority', () => {
  const { definitions } = providerChart(source, names);
  assert.deepEqual([...definitions.keys()], ['converted.x.example', 'plain.x.example']);
  const labels = { 'cluster.x-k8s.io/provider': 'infrastructure-x', 'cluster.x-k8s.io/v1beta1': 'v1beta2' };
  assert.deepEqual(definitions.get('plain.x.example'), {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'plain.x.example', labels },
    spec: {
      group: 'x.example',
      versions: [{ name: 'v1beta2', schema: { properties: { description: { type: 'string' } } } }],
    },
  });
  const converted = JSON.stringify(definitions.get('converted.x.example'));
  assert.match(converted, /"infrastructure.skerry.dev\/inject-ca":"true"/);
  assert.match(
    converted,
    /"service":{"name":"capx-webhook-service","namespace":"capx-system","path":"\/convert"}/,
  );
});

test('Hooks lead to the Service in the pack’s namespace, and keep what they were', () => {
  const [hooks] = providerChart(source, names).webhooks;
  assert.deepEqual(hooks, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: {
      name: 'capx-mutating',
      labels: { 'cluster.x-k8s.io/provider': 'infrastructure-x' },
      annotations: { 'infrastructure.skerry.dev/inject-ca': 'true' },
    },
    webhooks: [
      {
        name: 'a.x.example',
        failurePolicy: 'Fail',
        clientConfig: {
          service: { name: 'capx-webhook-service', namespace: 'capx-system', path: '/mutate' },
        },
      },
    ],
  });
});
