import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InfrastructureState } from '../../api/infrastructure.ts';
import { CapiCluster, CapiMachine, CapiReplicas, StoredInfraCluster, StoredInfraMachine } from './stored.ts';
import { type ClusterParts, summaryOf } from './summary.ts';

const now = new Date('2026-01-01T01:00:00Z');
const meta = (name: string, more: object = {}) => ({
  name,
  namespace: 'clusters-team',
  uid: `uid-${name}`,
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...more,
});
const condition = (type: string, status: string, reason = 'Because', message = '') => ({
  ...{ type, status, reason, message },
  lastTransitionTime: '2026-01-01T00:30:00Z',
});

describe('what the hub is told of a cluster', () => {
  test('that waits, is made, and is there', () => {
    assert.equal(told({ capi: undefined }).phase, 'Waiting');
    assert.equal(told({ capi: capi(false) }).phase, 'Provisioning');
    const there = told({ machines: [machine('a', ready)], controlPlane: replicas(1, 1) });
    assert.deepEqual([there.phase, there.endpoint], ['Provisioned', 'https://192.0.2.9:6443']);
    assert.equal(told({ machines: [machine('a', ready)], controlPlane: replicas(3, 1) }).phase, 'Scaling');
    assert.equal(told({ capi: capi(true, { deletionTimestamp: '2026-01-01T00:59:00Z' }) }).phase, 'Deleting');
  });

  test('names what each machine is at, those in need first', () => {
    const vanished = infra('b', condition('Ready', 'False', 'MACHINE_VANISHED'), true);
    const quota = infra('c', condition('Ready', 'False', 'QUOTA_EXCEEDED', 'no room'));
    const off = infra('e', condition('Ready', 'False', 'MACHINE_OFF'), true);
    const late = infra('d', condition('Ready', 'True', 'Running'), true);
    const state = told({
      machines: ['a', 'b', 'c', 'd', 'e'].map((name) => machine(name, /[ae]/.test(name) ? ready : {})),
      infra: new Map([vanished, quota, late, off].map((one) => [one.metadata.name, one])),
    });
    assert.deepEqual(
      state.machines.map(({ name, phase, code }) => [name, phase, code]),
      [
        ['b', 'vanished', 'MACHINE_VANISHED'],
        ['e', 'unhealthy', 'MACHINE_OFF'],
        ['c', 'creating', 'QUOTA_EXCEEDED'],
        ['d', 'joining', 'MACHINE_NOT_JOINED'],
        ['a', 'ready', undefined],
      ],
    );
    assert.equal(InfrastructureState.safeParse(state).success, true);
  });

  test('tells what the cloud is at from what is not begun', () => {
    const waits = ['WaitingForCloud', 'WaitingForBootstrapData', 'WaitingForAddress'].map((reason, n) =>
      infra(`m-${n}`, condition('Ready', 'False', reason)),
    );
    const state = told({
      machines: waits.map(({ metadata }) => machine(metadata.name, {})),
      infra: new Map(waits.map((one) => [one.metadata.name, one])),
    });
    assert.deepEqual(
      state.machines.map(({ name, phase }) => [name, phase]),
      [
        ['m-0', 'creating'],
        ['m-2', 'starting'],
        ['m-1', 'waiting'],
      ],
    );
  });

  test('calls no machine unhealthy whose node is new and not ready yet, only later, or when it is silent', () => {
    const runs = infra('a', condition('Ready', 'True', 'Running'), true);
    const phaseAt = (time: string, nodeReady: string) => {
      const node = { nodeRef: { name: 'a' }, conditions: [condition('NodeReady', nodeReady)] };
      const one = parts({ machines: [machine('a', node)], infra: new Map([['a', runs]]) });
      return summaryOf(one, new Date(time)).machines[0]?.phase;
    };
    assert.equal(phaseAt('2026-01-01T00:35:00Z', 'False'), 'joining');
    assert.equal(phaseAt('2026-01-01T00:35:00Z', 'Unknown'), 'unhealthy');
    assert.equal(phaseAt('2026-01-01T00:35:00Z', 'True'), 'ready');
    assert.equal(phaseAt('2026-01-01T00:41:00Z', 'False'), 'unhealthy');
  });

  test('shows the end of the console of some that did not join', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const console = { at: '2026-01-01T00:50:00Z', text: `${'x\n'.repeat(2000)}the end` };
    const all = names.map((name) => infra(name, condition('Ready', 'True', 'Running'), true, { console }));
    const { machines } = told({
      machines: names.map((name) => machine(name, name === 'a' ? ready : {})),
      infra: new Map(all.map((one) => [one.metadata.name, one])),
    });
    assert.deepEqual(
      machines.map(({ name, console }) => [name, console?.text.endsWith('the end')]),
      [
        ['b', true],
        ['c', true],
        ['d', true],
        ['e', undefined],
        ['a', undefined],
      ],
    );
    for (const { console } of machines) assert.ok((console?.text.length ?? 0) <= 1500);
  });

  test('keeps for a week, however long the hub is away, which machines were replaced, and why', () => {
    const sick = { conditions: [condition('HealthCheckSucceeded', 'False', 'NodeUnhealthy', 'silent')] };
    const going = machine('a', sick, { deletionTimestamp: '2026-01-01T00:59:00Z' });
    const first = told({ machines: [going] });
    assert.deepEqual(
      first.replaced?.map(({ machine, code }) => [machine, code]),
      [['a', 'MACHINE_UNHEALTHY']],
    );
    const cluster = infraCluster({ summary: first });
    assert.equal(told({ cluster }).replaced?.length, 1);
    assert.equal(told({ cluster, machines: [going] }).replaced?.length, 1);
    const later = summaryOf(parts({ cluster }), new Date('2026-01-03T00:00:00Z'));
    assert.deepEqual(later.replaced, first.replaced);
    assert.equal(summaryOf(parts({ cluster }), new Date('2026-01-09T00:00:00Z')).replaced, undefined);
  });

  test('does not call a machine replaced whose node went because it was deleted, as in a rollout', () => {
    const check = condition('HealthCheckSucceeded', 'False', 'NodeDeleted', 'Node a has been deleted');
    const lost = { conditions: [{ ...check, lastTransitionTime: '2026-01-01T00:59:30Z' }] };
    const rolled = machine('a', lost, { deletionTimestamp: '2026-01-01T00:59:00Z' });
    assert.equal(told({ machines: [rolled] }).replaced, undefined);
  });
});

const ready = { nodeRef: { name: 'a' }, conditions: [condition('NodeReady', 'True')] };

function told(more: Partial<ClusterParts>) {
  return summaryOf(parts(more), now);
}

function parts(more: Partial<ClusterParts>): ClusterParts {
  const none = { machines: [], infra: new Map(), controlPlane: undefined, deployments: [], conditions: [] };
  return { cluster: infraCluster({}), capi: capi(true), ...none, ...more };
}

function infraCluster(status: object) {
  return StoredInfraCluster.parse({
    metadata: meta('edge'),
    spec: {
      origin: { project: 'team', name: 'edge', id: 'id' },
      account: { namespace: 'clusters-team', name: 'lab' },
      controlPlaneEndpoint: { host: '192.0.2.9', port: 6443 },
    },
    status: { initialization: { provisioned: true }, ...status },
  });
}

function capi(controlPlaneInitialized: boolean, more: object = {}) {
  const status = { initialization: { infrastructureProvisioned: true, controlPlaneInitialized } };
  return CapiCluster.parse({ metadata: meta('edge', more), spec: {}, status });
}

function machine(name: string, status: object, more: object = {}) {
  const labels = { 'cluster.x-k8s.io/control-plane': '' };
  return CapiMachine.parse({
    metadata: meta(name, { labels, ...more }),
    spec: { clusterName: 'edge' },
    status,
  });
}

function infra(name: string, ready: object, provisioned = false, more: object = {}) {
  const status = { initialization: { provisioned }, conditions: [ready], ...more };
  return StoredInfraMachine.parse({ metadata: meta(name), spec: {}, status });
}

function replicas(wanted: number, is: number) {
  const status = { replicas: is, readyReplicas: is, upToDateReplicas: is };
  return CapiReplicas.parse({ metadata: meta('edge'), spec: { replicas: wanted }, status });
}
