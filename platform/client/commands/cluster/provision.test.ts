import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clusters } from '../../kinds.ts';
import { type MachineFlags, parsePool } from './machine-options.ts';
import { provisionOf } from './provision-plan.ts';
import { consolesView, scaled } from './run-cluster-machines.ts';

const FLAGS: MachineFlags = { pool: [], placement: [] };

describe('the machines of a cluster, as options name them', () => {
  test('are none without an account', () => {
    assert.equal(provisionOf({ ...FLAGS, size: 'small' }), undefined);
  });

  test('are pools with the size of all, or one of their own', () => {
    const flags: MachineFlags = {
      account: 'vc',
      kubernetes: '1.34',
      size: 'small',
      controlPlanes: 3,
      pool: [parsePool('workers=2'), parsePool('gpu=1:large')],
      placement: [{ name: 'network', value: 'a' }],
      endpointPool: 'vips',
    };
    assert.deepEqual(provisionOf({ ...FLAGS, ...flags }), {
      account: 'vc',
      kubernetes: '1.34',
      placement: { network: 'a' },
      endpoint: { pool: 'vips' },
      controlPlane: { replicas: 3, size: 'small' },
      pools: [
        { name: 'workers', replicas: 2, size: 'small' },
        { name: 'gpu', replicas: 1, size: 'large' },
      ],
    });
  });

  test('need a version and a size', () => {
    assert.throws(() => provisionOf({ ...FLAGS, account: 'vc' }), { code: 'PROVISION_INCOMPLETE' });
    assert.throws(() => parsePool('workers'), /NAME=COUNT/);
  });

  test('change in number alone, those of pools that are not named not at all', () => {
    const provision = {
      account: 'vc',
      kubernetes: '1.34',
      controlPlane: { replicas: 1, size: 'small' },
      pools: [
        { name: 'a', replicas: 1, size: 'small', labels: { x: 'y' } },
        { name: 'b', replicas: 4, size: 'small' },
      ],
    };
    const cluster = clusters.answer.parse({
      name: 'shop',
      project: 'team',
      uid: 'u',
      created: '2026-01-01T00:00:00Z',
      version: '1',
      labels: {},
      spec: { provision },
    });
    assert.deepEqual(scaled(cluster, [parsePool('a=3'), parsePool('control-plane=3')]), {
      spec: {
        provision: {
          controlPlane: { replicas: 3 },
          pools: [
            { name: 'a', replicas: 3, size: 'small', labels: { x: 'y' } },
            { name: 'b', replicas: 4, size: 'small' },
          ],
        },
      },
    });
    assert.throws(() => scaled(cluster, [parsePool('c=3')]), { code: 'POOL_UNKNOWN' });
    assert.throws(() => scaled({ ...cluster, spec: {} }, [parsePool('a=3')]), { code: 'CLUSTER_NOT_MADE' });
  });
});

test('consoles are shown of those machines that have one, and that there is none is said', () => {
  const text = (console: object | undefined) => {
    const machine = { name: 'm-1', pool: 'workers', phase: 'joining', since: '2026-01-01T00:00:00Z' };
    const infrastructure = {
      phase: 'Scaling',
      controlPlane: { ready: 1, wanted: 1 },
      pools: [],
      machines: [{ ...machine, code: 'MACHINE_NOT_JOINED', ...(console === undefined ? {} : { console }) }],
    };
    const provision = { account: 'vc', kubernetes: '1.34', controlPlane: { replicas: 1, size: 'small' } };
    const object = { name: 'shop', project: 'team', uid: 'u', created: '', version: '1', labels: {} };
    const cluster = clusters.answer.parse({
      ...object,
      spec: { provision },
      status: { phase: 'Unknown', infrastructure },
    });
    return consolesView.describe(cluster, Date.parse('2026-01-01T01:00:00Z'));
  };
  assert.match(
    text({ at: '2026-01-01T00:50:00Z', text: 'no route to host' }),
    /CONSOLE of m-1, 10m ago\nno route to host$/,
  );
  assert.match(text(undefined), /no console: /);
});
