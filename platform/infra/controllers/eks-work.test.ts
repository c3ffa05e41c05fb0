import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyError } from '../../../apply/errors.ts';
import { infraError } from '../errors.ts';
import type { CloudProvider, Finding } from '../provider/provider.ts';
import { type EksWorld, followEks } from './eks-work.ts';
import { CapiCluster, StoredAccount, StoredInfraCluster } from './stored.ts';

const { signal } = new AbortController();
const metadata = {
  name: 'site',
  namespace: 'clusters-team',
  uid: 'u',
  creationTimestamp: '2026-01-01T00:00:00Z',
};
const cluster = StoredInfraCluster.parse({
  metadata,
  spec: {
    origin: { project: 'team', name: 'site', id: 'id' },
    account: { namespace: 'clusters-team', name: 'tenant' },
    placement: { vpc: 'vpc-1' },
  },
});
const account = StoredAccount.parse({
  metadata: { ...metadata, name: 'tenant' },
  spec: { origin: { project: 'team', name: 'tenant' }, type: 'aws', credentials: { name: 'account.tenant' } },
});
const nothing = () => assert.fail('it only looks');

/** How often the account was looked at, and a world with what it then says. */
function worldOf(preflight: () => Finding[], provider: object | undefined = undefined) {
  const asked = { count: 0 };
  const cloud: CloudProvider = {
    preflight: async ([one]) => {
      asked.count++;
      assert.deepEqual(one?.shape.placement, { vpc: 'vpc-1' });
      return preflight();
    },
    ...{
      verify: nothing,
      observe: nothing,
      act: nothing,
      listOwned: nothing,
      console: nothing,
      close: nothing,
    },
  };
  const world: EksWorld = {
    client: {
      get: async ({ apiVersion, kind }) =>
        provider === undefined
          ? undefined
          : { apiVersion, kind, metadata: { name: 'site' }, status: provider },
      list: async () => {
        if (provider === undefined) throw applyError('KIND_UNKNOWN', { subject: 'AWSManagedMachinePool' });
        return { items: [], resourceVersion: '1' };
      },
    },
    watched: { accounts: { get: (key) => (key === 'clusters-team/tenant' ? account : undefined) } },
    accounts: { provider: async () => cloud },
  };
  return { world, asked };
}

const made = (controlPlaneInitialized: boolean) =>
  CapiCluster.parse({ metadata, spec: {}, status: { initialization: { controlPlaneInitialized } } });
const finding = (code: string, subject: string): Finding => ({
  code,
  severity: 'error',
  subject,
  detail: 'is not there',
});

async function saidOf(world: EksWorld, isMade = false) {
  const { said } = await followEks(world, cluster, made(isMade), signal);
  return said.map(({ type, status, reason, message }) => [type, status, reason, message]);
}

test('All that an account lacks is reported while a cluster is not made yet', async () => {
  const missing = [finding('NETWORK_UNKNOWN', 'subnet a'), finding('PLACEMENT_UNKNOWN', 'role b')];
  const { world } = worldOf(() => missing, {});
  assert.deepEqual(await saidOf(world), [
    ['Ready', 'False', 'Provisioning', ''],
    ['Preflight', 'False', 'NETWORK_UNKNOWN', 'subnet a: is not there; role b: is not there'],
  ]);
});

test('An account that is refused is reported, and is no error of the cluster', async () => {
  const { world } = worldOf(() => {
    throw infraError('CREDENTIALS_REFUSED', { subject: 'sts AssumeRole' });
  });
  assert.deepEqual((await saidOf(world)).at(-1), [
    'Preflight',
    'False',
    'CREDENTIALS_REFUSED',
    'sts AssumeRole',
  ]);
});

test('One that is there asks nothing of AWS any more, whatever is known of its provider', async () => {
  const { world, asked } = worldOf(() => [], { ready: true });
  assert.deepEqual(await saidOf(world, true), [
    ['Ready', 'True', 'Provisioned', ''],
    ['Preflight', 'True', 'Passed', ''],
  ]);
  const without = worldOf(() => []);
  assert.equal((await saidOf(without.world, true))[0]?.[2], 'Provisioning');
  assert.equal(asked.count + without.asked.count, 0);
});
