import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { converge } from '../../platform/infra/machine/converge.ts';
import { readExtraConfig } from '../../platform/infra/provider/vsphere/machine-content.ts';
import { textOf } from '../../platform/infra/provider/vsphere/xml.ts';
import { describeProvider } from '../../platform/infra/testing/describe-provider.ts';
import { VsphereBench } from './vsphere-bench.ts';

const signal = new AbortController().signal;
const making = { isDeleting: false, wasProvisioned: false, keepsPower: true };
const deleting = { ...making, isDeleting: true };
/** What a machine may cost, from nothing to running; and to take it away again. */
const MAX_CALLS = 12;

describeProvider('vCenter', async () => await VsphereBench.start());

describe('a vCenter', () => {
  let bench: VsphereBench;
  before(async () => {
    bench = await VsphereBench.start();
  });
  after(async () => await bench?.close());

  test('is asked little for each machine, by one session, which is ended', async () => {
    const { provider, session } = bench.counted();
    const warm = bench.machine('warm');
    await converge(provider, warm, { intent: making, signal });
    const machine = bench.machine('counted');
    const before = session.calls;
    await converge(provider, machine, { intent: making, signal });
    const made = session.calls - before;
    await converge(provider, machine, { intent: deleting, signal });
    const gone = session.calls - before - made;
    assert.ok(made <= MAX_CALLS, `${made} calls`);
    assert.ok(gone <= MAX_CALLS, `${gone} calls`);
    const sixty = Array.from({ length: 60 }, (_, index) => bench.machine(`many-${index}`));
    const atOnce = session.calls;
    await mapLimited(sixty, 20, async (one) => await converge(provider, one, { intent: making, signal }));
    assert.ok((session.calls - atOnce) / 60 <= MAX_CALLS);
    assert.equal(await bench.sessions(), 1);
    await mapLimited(
      [...sixty, warm],
      20,
      async (one) => await converge(provider, one, { intent: deleting, signal }),
    );
    await provider.close();
    assert.equal(await bench.sessions(), 0);
  });

  test('gets what cloud-init reads before it is on: user data, who it is, and its address by its own MAC', async () => {
    const provider = bench.open();
    const address = {
      address: '192.0.2.7',
      prefix: 24,
      gateway: '192.0.2.1',
      dns: ['192.0.2.2'],
      search: ['lab'],
    };
    const userData = `#cloud-config\n# ${'ä<&>'.repeat(10_000)}\n`;
    const machine = bench.machine('content', { address, userData });
    await converge(provider, machine, { intent: making, signal });
    const found = await bench.properties(
      machine,
      'config.extraConfig',
      'config.instanceUuid',
      'config.hardware.numCPU',
      'config.hardware.device',
    );
    const devices = found.get('config.hardware.device')?.children ?? [];
    const [mac = ''] = devices.flatMap((device) => textOf(device, 'macAddress') ?? []);
    assert.match(mac, /^00:50:56:/);
    const extra = readExtraConfig(found.get('config.extraConfig'));
    assert.equal(extra.get('guestinfo.userdata.encoding'), 'gzip+base64');
    assert.ok((extra.get('guestinfo.userdata') ?? '').length < 60_000);
    const metadata: unknown = JSON.parse(
      Buffer.from(extra.get('guestinfo.metadata') ?? '', 'base64').toString(),
    );
    assert.deepEqual(metadata, {
      'instance-id': machine.mark.id,
      'local-hostname': 'content',
      network: {
        version: 2,
        ethernets: {
          first: {
            match: { macaddress: mac },
            'set-name': 'eth0',
            dhcp4: false,
            dhcp6: false,
            addresses: ['192.0.2.7/24'],
            routes: [{ to: '0.0.0.0/0', via: '192.0.2.1' }],
            nameservers: { addresses: ['192.0.2.2'], search: ['lab'] },
          },
        },
      },
    });
    assert.deepEqual(
      [found.get('config.instanceUuid')?.text, found.get('config.hardware.numCPU')?.text],
      [machine.mark.id, '2'],
    );
    await converge(provider, machine, { intent: deleting, signal });
    await provider.close();
  });

  test('has of a machine’s console what its guest says of itself, and of a stranger’s nothing', async () => {
    const provider = bench.open();
    const machine = bench.machine('talks');
    assert.equal(await provider.console(machine.mark, signal), undefined);
    await converge(provider, machine, { intent: making, signal });
    assert.equal(await provider.console(machine.mark, signal), undefined);
    await bench.tellConsole(machine, 'cloud-init: début\nkubelet: no');
    // One that has not seen the machine yet, and one that has.
    for (const one of [bench.open(), provider]) {
      assert.equal(await one.console(machine.mark, signal), 'cloud-init: début\nkubelet: no');
      if (one !== provider) await one.close();
    }
    await bench.unmark(machine);
    assert.equal(await provider.console(machine.mark, signal), undefined);
    await bench.remove(machine);
    assert.equal(await provider.console(machine.mark, signal), undefined);
    await provider.close();
  });

  test('without name servers its interface says nothing of any, which cloud-init would leave out as a whole', async () => {
    const provider = bench.open();
    const address = { ...bench.address, search: ['lab'] };
    const machine = bench.machine('nameless', { address });
    await converge(provider, machine, { intent: making, signal });
    const found = await bench.properties(machine, 'config.extraConfig');
    const metadata = readExtraConfig(found.get('config.extraConfig')).get('guestinfo.metadata') ?? '';
    assert.doesNotMatch(Buffer.from(metadata, 'base64').toString(), /nameservers/);
    await converge(provider, machine, { intent: deleting, signal });
    await provider.close();
  });

  test('that a crash left without its address gets it before it is switched on', async () => {
    const provider = bench.open();
    const machine = bench.machine('halfway', { address: bench.address });
    await bench.leaveHalf(machine);
    const seen = await provider.observe(machine.mark, machine.shape, signal);
    assert.deepEqual([seen.state, seen.state === 'present' && seen.isComplete], ['present', false]);
    await converge(provider, machine, { intent: making, signal });
    const made = await provider.observe(machine.mark, machine.shape, signal);
    const found = await bench.properties(machine, 'config.extraConfig');
    const metadata = readExtraConfig(found.get('config.extraConfig')).get('guestinfo.metadata') ?? '';
    assert.match(Buffer.from(metadata, 'base64').toString(), /"macaddress":"00:50:56:/);
    assert.deepEqual(made.state === 'present' && [made.isComplete, made.power], [true, 'on']);
    await converge(provider, machine, { intent: deleting, signal });
    await provider.close();
  });

  const shapes: readonly [string, Record<string, unknown>, string][] = [
    ['network', { network: 'nowhere' }, 'NETWORK_UNKNOWN'],
    ['folder', { folder: 'nowhere' }, 'PLACEMENT_UNKNOWN'],
    ['datastore', { datastore: 'nowhere' }, 'PLACEMENT_UNKNOWN'],
    ['failure domain', { failureDomain: 'nowhere' }, 'PLACEMENT_UNKNOWN'],
  ];
  for (const [what, placement, code] of shapes)
    test(`without the ${what} of a placement makes nothing, and says so: ${code}`, async () => {
      const provider = bench.open();
      const machine = bench.machine('lost');
      const shape = { ...machine.shape, placement };
      const seen = await bench.inventory();
      await assert.rejects(converge(provider, { ...machine, shape }, { intent: making, signal }), (error) =>
        isSkerryError(error, code),
      );
      const findings = await provider.preflight([{ shape, count: 1 }], signal);
      assert.deepEqual(
        findings.map((finding) => finding.code),
        [code],
      );
      assert.deepEqual(await bench.inventory(), seen);
      await provider.close();
    });

  for (const [fault, code] of [
    ['NoPermission', 'CLOUD_PERMISSION_MISSING'],
    ['NoDiskSpace', 'QUOTA_EXCEEDED'],
    ['InsufficientCpuFault', 'QUOTA_EXCEEDED'],
    ['HostNotConnected', 'CLOUD_REQUEST_FAILED'],
  ] as const)
    test(`that answers ${fault} to a clone is told as ${code}, and goes on when that has passed`, async () => {
      const provider = bench.open();
      const machine = bench.machine('refused');
      await bench.fault({ method: 'CloneVM_Task', fault, times: 1 });
      await assert.rejects(converge(provider, machine, { intent: making, signal }), (error) =>
        isSkerryError(error, code),
      );
      await bench.clearFaults();
      assert.equal((await converge(provider, machine, { intent: making, signal })).kind, 'done');
      await converge(provider, machine, { intent: deleting, signal });
      await provider.close();
    });
});
