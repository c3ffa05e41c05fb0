import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { GatewayWorld } from './gateway-world.ts';

describe("a gateway's controllers without a cloud that answers", () => {
  let world: GatewayWorld;
  beforeEach(async () => {
    world = await GatewayWorld.start();
  });
  afterEach(async () => await world.stop());

  test('let an endpoint go with its Cluster, and not before', async () => {
    const addresses = () => world.server.names().filter((name) => name.startsWith('IPAddress')).length;
    world.putCluster('edge');
    world.work();
    await world.until('it has its address', () => addresses() === 1);
    world.delete('SkerryCluster', 'edge');
    const reasonOf = () => world.condition('SkerryCluster', 'edge')?.reason;
    await world.until('it is reported', () => reasonOf() === 'ClusterStays');
    assert.equal(addresses(), 1);
    assert.deepEqual(world.find('SkerryCluster', 'edge')?.metadata.ownerReferences ?? [], []);
    world.delete('Cluster', 'edge');
    await world.until('it is let go', () => addresses() === 0);
  });

  test('give a cluster of another provider to its Cluster, with which it goes', async () => {
    world.putCluster('eks', 'AWSManagedCluster');
    world.work();
    const owners = () => world.find('SkerryCluster', 'eks')?.metadata.ownerReferences ?? [];
    await world.until('it has an owner', () => owners().length === 1);
    const { metadata } = world.capiCluster('eks') ?? assert.fail();
    assert.deepEqual(owners(), [
      { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster', name: 'eks', uid: metadata.uid },
    ]);
  });

  for (const [made, infrastructure] of [
    ['machines', 'SkerryCluster'],
    ['AWS', 'AWSManagedCluster'],
  ] as const)
    test(`put the agent into a cluster of ${made} once its API server is there, by its kubeconfig alone`, async () => {
      world.putCluster('edge', infrastructure);
      world.work();
      const agent = () => world.condition('SkerryCluster', 'edge', 'AgentInstalled')?.reason;
      await world.until('it is looked at', () => world.find('SkerryCluster', 'edge')?.status !== undefined);
      assert.equal(agent(), undefined);
      world.initialized('edge');
      // There is no kubeconfig here: that it is asked for, and nothing of the cloud, is what counts.
      await world.until('the agent is tried', () => agent() === 'AGENT_NOT_PUSHABLE');
    });

  test('try an API server that does not answer yet again soon, for the agent', async (context) => {
    let connections = 0;
    const silent = createServer((socket) => {
      connections++;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    context.after(() => silent.close());
    await once(silent, 'listening');
    world.putKubeconfig('edge', `https://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    world.putCluster('edge');
    world.work();
    await world.until('it is looked at', () => world.find('SkerryCluster', 'edge')?.status !== undefined);
    world.initialized('edge');
    const agent = () => world.condition('SkerryCluster', 'edge', 'AgentInstalled')?.reason;
    await world.until('the agent is tried', () => agent() === 'CLUSTER_UNREACHABLE');
    const before = connections;
    // Nothing else changes meanwhile. Where time alone brings the next look that is after a minute otherwise.
    await world.until('it is tried again', () => connections > before + 2, 30_000);
  });
});
