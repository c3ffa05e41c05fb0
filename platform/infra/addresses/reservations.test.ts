import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { StoredPool } from '../controllers/stored.ts';
import { MachinesInClouds } from './machines-in-clouds.ts';
import { releaseAddresses, type Taking, takeAddress } from './reservations.ts';

const signal = new AbortController().signal;
const owner = { name: 'm', namespace: 'clusters-team' };

describe('addresses of a pool', () => {
  let server: ScriptedApiServer;
  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-infra' } });
    server.put({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'ipaddresses.ipam.cluster.x-k8s.io' },
      spec: {
        group: 'ipam.cluster.x-k8s.io',
        scope: 'Namespaced',
        names: { kind: 'IPAddress', plural: 'ipaddresses' },
        versions: [{ name: 'v1beta2', served: true, storage: true }],
      },
    });
  });
  afterEach(async () => await server.close());
  const pool = StoredPool.parse({
    metadata: { name: 'nodes', namespace: 'skerry-infra', uid: 'u' },
    spec: { ranges: ['192.0.2.10-192.0.2.13'], prefix: 24 },
  });
  const world = () => ({
    client: server.client(),
    namespace: 'skerry-infra',
    watched: { pools: { get: (key: string) => (key === 'skerry-infra/nodes' ? pool : undefined) } },
  });
  const none = () => new Set<string>();
  const take = async (holder: string, more: Partial<Taking> = {}) =>
    (await takeAddress(world(), { pool: 'nodes', holder, owner, used: none, ...more }, signal)).address;

  test('are one for each holder, also of several processes at once, and the same when asked again', async () => {
    const taken = await Promise.all(['a', 'b', 'c', 'd'].map(async (holder) => await take(holder)));
    assert.equal(new Set(taken).size, 4);
    assert.deepEqual(
      await Promise.all(['a', 'b', 'c', 'd'].map(async (holder) => await take(holder))),
      taken,
    );
    await assert.rejects(take('e'), (error) => isSkerryError(error, 'ADDRESSES_EXHAUSTED'));
    await releaseAddresses(world(), 'b', signal);
    assert.equal(await take('e'), taken[1]);
  });

  test('are none that a machine has of which there is no reservation', async () => {
    const clouds = new MachinesInClouds();
    const owned = [ownedMachine('after', ['192.0.2.10', '192.0.2.11'])];
    let looks = 0;
    const provider = {
      listOwned: async () => {
        looks++;
        return owned;
      },
    };
    await Promise.all([1, 2, 3].map(async () => await clouds.of('team/vc', provider, signal)));
    assert.equal(looks, 1, 'of many that ask at once');
    assert.equal(await take('a', { used: () => clouds.addressesBut('a') }), '192.0.2.12');
    assert.deepEqual([...clouds.addressesBut('after')], [], 'its own is not in its way');
    clouds.release('after');
    assert.equal(await take('b', { used: () => clouds.addressesBut('b') }), '192.0.2.10');
  });

  test('are again what the holder has, where its reservation was lost', async () => {
    assert.equal(await take('a', { has: ['198.51.100.1', '192.0.2.12'] }), '192.0.2.12');
  });

  test('are of no pool that is not there', async () => {
    await assert.rejects(take('a', { pool: 'other' }), (error) =>
      isSkerryError(error, 'ADDRESS_POOL_UNKNOWN'),
    );
  });
});

function ownedMachine(id: string, addresses: readonly string[]) {
  const mark = { id, clusterId: 'c', cluster: 'team/site', machine: id };
  return { mark, name: id, reference: id, addresses };
}
