import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { gatewayState } from './gateway-state.ts';

const AT = '2026-01-01T00:00:00.000Z';

function account(status: object): KubeObject {
  return {
    apiVersion: 'infrastructure.skerry.dev/v1alpha1',
    kind: 'SkerryAccount',
    metadata: { name: 'account-shop-lab', namespace: 'accounts' },
    spec: { origin: { project: 'shop', name: 'lab' } },
    status,
  };
}

function cluster(name: string, status: object | undefined): KubeObject {
  return {
    apiVersion: 'infrastructure.skerry.dev/v1alpha1',
    kind: 'SkerryCluster',
    metadata: { name, namespace: 'clusters-shop' },
    spec: { origin: { project: 'shop', name, id: `id-${name}` } },
    ...(status === undefined ? {} : { status }),
  };
}

function summary(...phases: readonly string[]) {
  const machines = phases.map((phase, index) => ({ name: `m${index}`, pool: 'workers', phase, since: AT }));
  return { phase: 'Provisioning', controlPlane: { ready: 0, wanted: 1 }, pools: [], machines };
}

test('clusters are told of by the names that the hub has for them, and machines being made are counted', () => {
  const state = gatewayState(
    [account({ verified: true, at: AT })],
    [
      cluster('b', { summary: summary('creating', 'ready', 'joining') }),
      cluster('a', { summary: summary('starting') }),
      cluster('new', undefined),
    ],
    undefined,
  );
  assert.equal(state.running, 3);
  assert.deepEqual(
    state.clusters.map(({ project, name }) => `${project}/${name}`),
    ['shop/a', 'shop/b'],
  );
  assert.deepEqual(state.accounts, [{ project: 'shop', name: 'lab', state: { verified: true, at: AT } }]);
});

test('a machine in a phase of a later version hides none of the others', () => {
  const state = gatewayState([], [cluster('a', { summary: summary('dreaming', 'ready') })], undefined);
  assert.deepEqual(
    state.clusters[0]?.state.machines.map(({ name }) => name),
    ['m1'],
  );
});

test('an account that was only asked again is no news for ten minutes, one that fares otherwise is', () => {
  const after = (minutes: number) => new Date(Date.parse(AT) + minutes * 60_000).toISOString();
  const first = gatewayState([account({ verified: true, at: AT, sessions: 1 })], [], undefined);
  const next = (status: object) => gatewayState([account(status)], [], first).accounts[0]?.state;
  assert.equal(next({ verified: true, at: after(9), sessions: 2 })?.at, AT);
  assert.equal(next({ verified: true, at: after(10), sessions: 2 })?.at, after(10));
  assert.equal(next({ verified: false, at: after(1) })?.at, after(1));
});
