import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import type { CloudProvider } from '../../platform/infra/provider/provider.ts';
import { describeProvider } from '../../platform/infra/testing/describe-provider.ts';
import { type IronicBench, startIronicBench } from '../baremetal/ironic-bench.ts';
import { deleting, limit, making, settled } from '../baremetal/settled.ts';

describeProvider('bare metal through Ironic', () => startIronicBench({ hasBmcs: false, machines: 6 }));

describe('a site with Ironic', () => {
  let bench: IronicBench;
  let provider: CloudProvider;
  before(async () => {
    bench = await startIronicBench({ hasBmcs: false });
    provider = bench.open();
  });
  after(async () => {
    await provider?.close();
    await bench?.close();
  });

  test('four machines that want three nodes at once get three, each its own', async () => {
    const other = bench.open();
    const machines = ['one', 'two', 'three', 'four'].map((name) => bench.machine(name));
    const results = await Promise.allSettled(
      machines.map((machine, n) => settled(n % 2 === 0 ? provider : other, machine, making)),
    );
    const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    assert.equal(failed.length, 1, String(failed));
    assert.ok(isSkerryError(failed[0], 'NO_MACHINE_LEFT'), String(failed[0]));
    const taken = await bench.inventory();
    assert.equal(new Set(taken.map(({ reference }) => reference)).size, 3);
    const [finding] = await provider.preflight(
      [{ shape: { template: 'node', flavor: 'small' }, count: 1 }],
      limit(),
    );
    assert.equal(finding?.code, 'NO_MACHINE_LEFT');
    const unlucky = machines.find((_, n) => results[n]?.status === 'rejected');
    const [lucky, ...rest] = machines.filter((machine) => machine !== unlucky);
    assert.ok(unlucky !== undefined && lucky !== undefined);
    await settled(provider, lucky, deleting);
    await settled(provider, unlucky, making);
    for (const machine of [unlucky, ...rest]) await settled(provider, machine, deleting);
    assert.deepEqual(await provider.listOwned(limit()), []);
    await other.close();
  });

  test('a node in maintenance is not taken, and one that was taken before it ran is given back', async () => {
    const machine = bench.machine('tended');
    await provider.act('create', machine, limit());
    const { uuid } = await bench.node(machine);
    await bench.call('PUT', `/v1/nodes/${uuid}/maintenance`, { reason: 'new disk' });
    const { findings } = await provider.verify(limit());
    assert.deepEqual([findings[0]?.code, findings[0]?.severity], ['NODE_NEEDS_CARE', 'warning']);
    await assert.rejects(settled(provider, machine, making), { code: 'MACHINE_FAILED' });
    await settled(provider, machine, making);
    assert.notEqual((await bench.node(machine)).uuid, uuid);
    await settled(provider, machine, deleting);
    await bench.call('DELETE', `/v1/nodes/${uuid}/maintenance`);
  });

  test('nodes that others enrolled under the names of the list are reported, and left as they are', async () => {
    const nodes = async () => await bench.call('GET', '/v1/nodes/detail');
    const before = await nodes();
    const found = await provider.prepare?.(limit());
    assert.equal(found?.isUnderWay, false);
    assert.deepEqual(
      found?.findings.map(({ code, severity }) => [code, severity]),
      bench.rack.machines.map(() => ['MACHINE_NAME_TAKEN', 'warning']),
    );
    assert.deepEqual(await nodes(), before);
  });
});
