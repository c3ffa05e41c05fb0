import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { capacityOf } from './capacity.ts';
import { nodeHealth } from './node-health.ts';

const SINCE = '2026-01-01T00:00:00Z';

test('a node that is away is named with its machine and since when', () => {
  const nodes = [
    node('a', 'True'),
    node('c', 'Unknown', { spec: { providerID: 'vsphere://1' } }),
    node('b', 'False', { annotations: { 'cluster.x-k8s.io/machine': 'pool-1' } }),
  ];
  assert.deepEqual(nodeHealth(nodes), {
    ready: 1,
    total: 3,
    lost: [
      { name: 'b', since: SINCE, reason: 'Because', machine: 'pool-1' },
      { name: 'c', since: SINCE, reason: 'Because', machine: 'vsphere://1' },
    ],
  });
});

test('more lost nodes than a report takes are counted all the same', () => {
  const nodes = Array.from({ length: 50 }, (_, index) => node(`n${index}`, 'Unknown'));
  const { total, ready, lost } = nodeHealth(nodes);
  assert.deepEqual([total, ready, lost.length], [50, 0, 20]);
});

test('capacity is the sum of what nodes have for pods, however it is written', () => {
  const allocatable = (cpu: string, memory: string) => ({
    ...node('a', 'True'),
    status: { allocatable: { cpu, memory, pods: '110' } },
  });
  const nodes = [allocatable('1500m', '1Gi'), allocatable('2', '1048576Ki'), node('b', 'True')];
  assert.deepEqual(capacityOf(nodes), { cpu: 3.5, memoryBytes: 2 * 2 ** 30, pods: 220 });
  assert.deepEqual(capacityOf([allocatable('1e400', '12Qi')]), { cpu: 0, memoryBytes: 0, pods: 110 });
});

function node(
  name: string,
  status: string,
  { annotations = {}, spec = {} }: { annotations?: Record<string, string>; spec?: object } = {},
): KubeObject {
  const condition = { type: 'Ready', status, reason: 'Because', lastTransitionTime: SINCE };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations },
    spec,
    status: { conditions: [condition] },
  };
}
