import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNodeLabel } from './pool-labels.ts';

test('of Kubernetes’ own labels a node gets those that its kubelet takes', () => {
  const taken = ['disk', 'site.example/rack', 'notkubernetes.io/x', 'topology.kubernetes.io/zone'];
  taken.push('node.kubernetes.io/pool', 'sub.node.kubernetes.io/x', 'kubelet.kubernetes.io/x');
  const refused = ['node-role.kubernetes.io/worker', 'kubernetes.io/role', 'x.k8s.io/y'];
  refused.push('node-restriction.kubernetes.io/fips', 'topology.kubernetes.io/rack');
  assert.deepEqual(
    [...taken, ...refused].filter((label) => isNodeLabel(label)),
    taken,
  );
});
