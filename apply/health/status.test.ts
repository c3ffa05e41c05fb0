import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { narrowObject } from '../object.ts';
import type { ObjectStatus } from './object-status.ts';
import { statusOf } from './status.ts';

type Fields = Record<string, unknown>;

function check(apiVersion: string, kind: string, rest: Fields): ObjectStatus {
  const { metadata = {}, ...fields } = rest;
  const result = narrowObject({ apiVersion, kind, metadata: { name: 'x', ...Object(metadata) }, ...fields });
  assert.ok('object' in result);
  return statusOf(result.object);
}

const condition = (type: string, status: string, reason = '', message = '') => ({
  type,
  status,
  reason,
  message,
});

const rows: [
  what: string,
  apiVersion: string,
  kind: string,
  fields: Fields,
  status: ObjectStatus['status'],
][] = [
  ['a new Deployment', 'apps/v1', 'Deployment', { spec: {} }, 'InProgress'],
  [
    'a Deployment with all pods',
    'apps/v1',
    'Deployment',
    {
      spec: { replicas: 2 },
      status: {
        replicas: 2,
        updatedReplicas: 2,
        readyReplicas: 2,
        availableReplicas: 2,
        conditions: [condition('Available', 'True')],
      },
    },
    'Current',
  ],
  [
    'a Deployment scaled to zero',
    'apps/v1',
    'Deployment',
    { spec: { replicas: 0 }, status: { conditions: [condition('Available', 'True')] } },
    'Current',
  ],
  [
    'a Deployment with an old pod left',
    'apps/v1',
    'Deployment',
    {
      spec: { replicas: 1 },
      status: {
        replicas: 2,
        updatedReplicas: 1,
        readyReplicas: 2,
        availableReplicas: 2,
        conditions: [condition('Available', 'True')],
      },
    },
    'InProgress',
  ],
  [
    'a Deployment past its deadline',
    'apps/v1',
    'Deployment',
    { spec: {}, status: { conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')] } },
    'Failed',
  ],
  [
    'a changed Deployment whose failure is of before',
    'apps/v1',
    'Deployment',
    {
      metadata: { generation: 2 },
      status: {
        observedGeneration: 1,
        conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')],
      },
    },
    'InProgress',
  ],
  [
    'a StatefulSet in the middle of an update',
    'apps/v1',
    'StatefulSet',
    {
      spec: { replicas: 2 },
      status: {
        replicas: 2,
        readyReplicas: 2,
        updatedReplicas: 1,
        currentRevision: 'a',
        updateRevision: 'b',
      },
    },
    'InProgress',
  ],
  [
    'a StatefulSet updated as far as its partition allows',
    'apps/v1',
    'StatefulSet',
    {
      spec: { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
      status: {
        replicas: 3,
        readyReplicas: 3,
        updatedReplicas: 1,
        currentRevision: 'a',
        updateRevision: 'b',
      },
    },
    'Current',
  ],
  [
    'a StatefulSet with all pods',
    'apps/v1',
    'StatefulSet',
    { spec: {}, status: { replicas: 1, readyReplicas: 1, currentRevision: 'a', updateRevision: 'a' } },
    'Current',
  ],
  ['a DaemonSet that nobody has seen', 'apps/v1', 'DaemonSet', { spec: {} }, 'InProgress'],
  [
    'a DaemonSet with a pod missing',
    'apps/v1',
    'DaemonSet',
    {
      status: {
        observedGeneration: 1,
        desiredNumberScheduled: 2,
        currentNumberScheduled: 2,
        updatedNumberScheduled: 2,
        numberAvailable: 1,
        numberReady: 2,
      },
    },
    'InProgress',
  ],
  [
    'a DaemonSet without nodes',
    'apps/v1',
    'DaemonSet',
    { status: { observedGeneration: 1, desiredNumberScheduled: 0 } },
    'Current',
  ],
  ['a ReplicaSet without pods', 'apps/v1', 'ReplicaSet', { spec: { replicas: 1 } }, 'InProgress'],
  [
    'a ReplicaSet with its pod',
    'apps/v1',
    'ReplicaSet',
    { status: { replicas: 1, readyReplicas: 1, availableReplicas: 1 } },
    'Current',
  ],
  ['a running Job', 'batch/v1', 'Job', { status: { startTime: 'now', active: 1 } }, 'InProgress'],
  [
    'a completed Job',
    'batch/v1',
    'Job',
    { status: { conditions: [condition('Complete', 'True')] } },
    'Current',
  ],
  [
    'a failed Job',
    'batch/v1',
    'Job',
    { status: { conditions: [condition('Failed', 'True', 'BackoffLimitExceeded')] } },
    'Failed',
  ],
  ['a CronJob', 'batch/v1', 'CronJob', {}, 'Current'],
  ['a pending Pod', 'v1', 'Pod', { status: { phase: 'Pending' } }, 'InProgress'],
  [
    'a running Pod that is not ready',
    'v1',
    'Pod',
    { status: { phase: 'Running', conditions: [condition('Ready', 'False')] } },
    'InProgress',
  ],
  [
    'a ready Pod',
    'v1',
    'Pod',
    { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } },
    'Current',
  ],
  ['a completed Pod', 'v1', 'Pod', { status: { phase: 'Succeeded' } }, 'Current'],
  ['an evicted Pod', 'v1', 'Pod', { status: { phase: 'Failed', reason: 'Evicted' } }, 'Failed'],
  ['a pending claim', 'v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } }, 'InProgress'],
  ['a bound claim', 'v1', 'PersistentVolumeClaim', { status: { phase: 'Bound' } }, 'Current'],
  [
    'a Deployment whose rollout somebody has paused',
    'apps/v1',
    'Deployment',
    { spec: { replicas: 2, paused: true }, status: { replicas: 2, updatedReplicas: 1 } },
    'Current',
  ],
  [
    'a StatefulSet that is updated by hand, and whose first pods are not ready',
    'apps/v1',
    'StatefulSet',
    {
      spec: { replicas: 2, updateStrategy: { type: 'OnDelete' } },
      status: { replicas: 2, readyReplicas: 1 },
    },
    'InProgress',
  ],
  [
    'a DaemonSet that is updated by hand, with old pods',
    'apps/v1',
    'DaemonSet',
    {
      spec: { updateStrategy: { type: 'OnDelete' } },
      status: {
        observedGeneration: 1,
        desiredNumberScheduled: 1,
        currentNumberScheduled: 1,
        updatedNumberScheduled: 0,
        numberAvailable: 1,
        numberReady: 1,
      },
    },
    'Current',
  ],
  [
    'an autoscaler, whose conditions are no matter of health',
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    { status: { conditions: [condition('ScalingActive', 'False', 'FailedGetResourceMetric')] } },
    'Current',
  ],
  [
    'an Ingress without an address',
    'networking.k8s.io/v1',
    'Ingress',
    { status: { loadBalancer: {} } },
    'Current',
  ],
  [
    'an APIService whose server does not answer',
    'apiregistration.k8s.io/v1',
    'APIService',
    { status: { conditions: [condition('Available', 'False', 'MissingEndpoints')] } },
    'InProgress',
  ],
  [
    'a webhook',
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
    { webhooks: [] },
    'Current',
  ],
  ['a custom resource without conditions', 'example.dev/v1', 'Thing', { status: { phase: 'x' } }, 'Current'],
  [
    'a custom resource that is suspended',
    'kustomize.toolkit.fluxcd.io/v1',
    'Kustomization',
    { spec: { suspend: true }, status: { conditions: [condition('Ready', 'False')] } },
    'Current',
  ],
  [
    'a condition of an older generation',
    'example.dev/v1',
    'Thing',
    {
      metadata: { generation: 3 },
      status: { conditions: [{ ...condition('Ready', 'True'), observedGeneration: 2 }] },
    },
    'InProgress',
  ],
  [
    'a Cluster of Cluster API v1beta2, which has no Ready',
    'cluster.x-k8s.io/v1beta2',
    'Cluster',
    { status: { conditions: [condition('Available', 'False', 'NotAvailable')] } },
    'InProgress',
  ],
  [
    'a Cluster of Cluster API v1beta1, with its new conditions one level deeper',
    'cluster.x-k8s.io/v1beta1',
    'Cluster',
    { status: { v1beta2: { conditions: [condition('Available', 'False', 'NotAvailable')] } } },
    'InProgress',
  ],
  ['a Service', 'v1', 'Service', { spec: { type: 'ClusterIP' } }, 'Current'],
  [
    'a load balancer without an address',
    'v1',
    'Service',
    { spec: { type: 'LoadBalancer' }, status: { loadBalancer: {} } },
    'InProgress',
  ],
  [
    'a load balancer with an address',
    'v1',
    'Service',
    { spec: { type: 'LoadBalancer' }, status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } } },
    'Current',
  ],
  ['a new CRD', 'apiextensions.k8s.io/v1', 'CustomResourceDefinition', {}, 'InProgress'],
  [
    'an established CRD',
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    { status: { conditions: [condition('Established', 'True')] } },
    'Current',
  ],
  [
    'a CRD whose names are taken',
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    { status: { conditions: [condition('NamesAccepted', 'False')] } },
    'Failed',
  ],
  [
    'a disruption budget',
    'policy/v1',
    'PodDisruptionBudget',
    { status: { observedGeneration: 1 } },
    'Current',
  ],
  ['a ConfigMap', 'v1', 'ConfigMap', { data: {} }, 'Current'],
  ['a custom resource without a status', 'example.com/v1', 'Thing', { spec: {} }, 'Current'],
  [
    'a custom resource that is not ready',
    'example.com/v1',
    'Thing',
    { status: { conditions: [condition('Ready', 'False', 'Waiting')] } },
    'InProgress',
  ],
  [
    'a custom resource that is ready',
    'example.com/v1',
    'Thing',
    { status: { conditions: [condition('Ready', 'True')] } },
    'Current',
  ],
  [
    'a custom resource that is stalled',
    'example.com/v1',
    'Thing',
    { status: { conditions: [condition('Stalled', 'True')] } },
    'Failed',
  ],
  [
    'a custom resource that is reconciling',
    'example.com/v1',
    'Thing',
    { status: { conditions: [condition('Reconciling', 'True'), condition('Ready', 'True')] } },
    'InProgress',
  ],
  ['a Deployment of another group', 'example.com/v1', 'Deployment', { spec: {} }, 'Current'],
];

describe('the status of an object', () => {
  for (const [what, apiVersion, kind, fields, expected] of rows) {
    test(`${what} is ${expected}`, () => {
      assert.equal(check(apiVersion, kind, fields).status, expected);
    });
  }

  test('an absent object is NotFound', () => {
    assert.equal(statusOf(undefined).status, 'NotFound');
  });

  test('whatever else it says, an object that is being deleted is Terminating', () => {
    for (const [, apiVersion, kind, fields] of rows) {
      const metadata = { ...Object(fields.metadata), deletionTimestamp: '2026-01-01T00:00:00Z' };
      assert.equal(check(apiVersion, kind, { ...fields, metadata }).status, 'Terminating');
    }
  });

  test('a Deployment is current only when no count is short of what is wanted', () => {
    const count = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(count, count, count, count, count, (replicas, ...counts) => {
        const [all, updatedReplicas, readyReplicas, availableReplicas] = counts;
        const status = {
          replicas: all,
          updatedReplicas,
          readyReplicas,
          availableReplicas,
          conditions: [condition('Available', 'True')],
        };
        const result = check('apps/v1', 'Deployment', { spec: { replicas }, status }).status;
        const isWhole = counts.every((value) => value >= replicas) && (all ?? 0) <= (updatedReplicas ?? 0);
        assert.equal(result, isWhole ? 'Current' : 'InProgress');
      }),
    );
  });

  test('a status of any shape is read without a fault', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...rows),
        fc.jsonValue(),
        fc.jsonValue(),
        ([, apiVersion, kind], spec, status) => {
          assert.ok(check(apiVersion, kind, { spec, status }).message.length > 0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
