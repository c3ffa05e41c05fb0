import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSkerryError } from '../../../../content/error.ts';
import { randomOf } from '../../../../content/testing/random.ts';
import { converge, type Outcome } from '../../machine/converge.ts';
import type { MachineIntent } from '../../machine/next-step.ts';
import type { WantedMachine } from '../machine.ts';
import type { CloudProvider } from '../provider.ts';
import { CLAIM_ENDED_MS, openFake, wantedMachine } from './testing/bench.ts';
import { startFakeCloud } from './testing/fake-cloud.ts';
import type { FaultName } from './testing/fake-http.ts';

const making: MachineIntent = { isDeleting: false, wasProvisioned: false, keepsPower: true };
const deleting: MachineIntent = { ...making, isDeleting: true };
const SERVERS = /^POST \/compute\/.*\/servers$/;
const FAULTS: readonly FaultName[] = ['unanswered', 'answer-lost', 'busy', 'internal-error'];
const PORTS = /^POST \/network\/v2.0\/ports$/;

test('a port without a server goes when the quota of servers is used up, and it goes on when there is room', async (t) => {
  const { cloud, provider } = await setUp(t);
  cloud.nova.quota = 0;
  const machine = wantedMachine('m');
  await assert.rejects(settle(provider, machine, making), { code: 'QUOTA_EXCEEDED' });
  assert.equal(cloud.neutron.ports.size, 0);
  cloud.nova.quota = 1;
  assert.equal((await settle(provider, machine, making)).kind, 'done');
});

test('quotas of ports and addresses that ran out are QUOTA_EXCEEDED', async (t) => {
  const { cloud, provider } = await setUp(t);
  cloud.neutron.quota = 0;
  await assert.rejects(settle(provider, wantedMachine('m'), making), { code: 'QUOTA_EXCEEDED' });
  assert.equal(cloud.nova.servers.size, 0);
});

test('a server for which no host has room is taken away with its port, and told', async (t) => {
  const { cloud, provider } = await setUp(t);
  cloud.nova.room = 0;
  const machine = wantedMachine('m');
  await assert.rejects(
    settle(provider, machine, making),
    (error) => isSkerryError(error, 'MACHINE_FAILED') && /No valid host/.test(error.message),
  );
  await cloud.nova.settle();
  await settle(provider, machine, deleting);
  assert.deepEqual([cloud.nova.servers.size, cloud.neutron.ports.size], [0, 0]);
});

for (const [what, line] of [
  ['port', PORTS],
  ['server', SERVERS],
] as const)
  for (const fault of ['answer-lost', 'unanswered', 'internal-error'] as const)
    test(`one machine, where the request for its ${what} ends as ${fault}`, async (t) => {
      const { cloud, provider } = await setUp(t);
      const machine = wantedMachine('m');
      cloud.fail(line, fault);
      await assert.rejects(provider.act('create', machine, limit()), isSkerryError);
      // The next look can't know whether the first is still at it, and waits until it can't be.
      assert.ok(
        ['wait', 'done'].includes(
          (await converge(provider, machine, { intent: making, signal: limit() })).kind,
        ),
      );
      cloud.pass(CLAIM_ENDED_MS);
      assert.equal((await settle(provider, machine, making)).kind, 'done');
      assert.deepEqual([cloud.nova.servers.size, cloud.neutron.ports.size], [1, 1]);
      await settle(provider, machine, deleting);
      assert.deepEqual([cloud.nova.servers.size, cloud.neutron.ports.size], [0, 0]);
    });

test("a port of a server that is no longer there stands in nobody's way", async (t) => {
  const { cloud, provider } = await setUp(t);
  for (const intent of [making, deleting]) {
    const machine = wantedMachine('m');
    cloud.fail(SERVERS, 'unanswered');
    await assert.rejects(provider.act('create', machine, limit()), isSkerryError);
    cloud.pass(CLAIM_ENDED_MS);
    for (const { id } of cloud.neutron.ports.values()) cloud.neutron.bind(id, crypto.randomUUID());
    assert.equal((await settle(provider, machine, intent)).kind, 'done');
    await settle(provider, machine, deleting);
    assert.deepEqual([cloud.nova.servers.size, cloud.neutron.ports.size], [0, 0]);
  }
});

test('the address of a pool, the security groups and further addresses stand in the port', async (t) => {
  const { cloud, provider } = await setUp(t);
  const machine = wantedMachine('m', {
    shape: {
      template: 'node',
      cpus: 2,
      memoryMiB: 3000,
      placement: { network: 'machines', securityGroups: ['control-plane'], allowedAddresses: ['192.0.2.5'] },
    },
    virtualAddress: '192.0.2.6',
    address: { address: '192.0.2.77', prefix: 24, gateway: undefined, dns: [], search: [] },
  });
  const { observed } = await settle(provider, machine, making);
  assert.ok(observed.state === 'present');
  assert.deepEqual(observed.addresses, ['192.0.2.77']);
  const [port] = cloud.neutron.ports.values();
  assert.deepEqual(port?.allowed_address_pairs, [{ ip_address: '192.0.2.5' }, { ip_address: '192.0.2.6' }]);
  assert.deepEqual(port?.security_groups, [cloud.neutron.groups[1]?.id]);
  assert.equal([...cloud.nova.servers.values()][0]?.flavor.name, 'medium');
});

test("the machine's id stands in its user data in place of Nova's", async (t) => {
  const { cloud, provider } = await setUp(t);
  const machine = wantedMachine('m', { userData: 'provider-id: skerry://{{ v1.instance_id }}\n' });
  await settle(provider, machine, making);
  const [server] = cloud.nova.servers.values();
  assert.equal(
    Buffer.from(server?.wanted.user_data ?? '', 'base64').toString(),
    `provider-id: skerry://${machine.mark.id}\n`,
  );
});

test('one token for everything that is done at once, and one more when it ends', async (t) => {
  const { cloud, provider } = await setUp(t);
  const logins = () => cloud.requests.filter((line) => line === 'POST /identity/v3/auth/tokens').length;
  await Promise.all(['a', 'b', 'c'].map(async (name) => await settle(provider, wantedMachine(name), making)));
  assert.equal(logins(), 1);
  cloud.keystone.endTokens();
  await Promise.all(Array.from({ length: 5 }, async () => await provider.listOwned(limit())));
  assert.equal(logins(), 2);
  // It is renewed before it ends by itself.
  cloud.pass(3_550_000);
  await provider.listOwned(limit());
  assert.equal(logins(), 3);
});

test('credentials that were refused are tried once, however many machines ask, and are not told', async (t) => {
  const { cloud, provider } = await setUp(t);
  cloud.keystone.credential.expiresAt = new Date(cloud.now().getTime() - 1);
  const before = cloud.requests.length;
  const errors = await Promise.all(
    Array.from(
      { length: 20 },
      async () => await provider.listOwned(limit()).catch((error: unknown) => error),
    ),
  );
  assert.ok(errors.every((error) => isSkerryError(error, 'CREDENTIALS_REFUSED')));
  assert.ok(!JSON.stringify(errors.map(String)).includes(cloud.keystone.credential.secret));
  assert.equal(cloud.requests.length, before + 1);
});

test('verify says what is about to end, and what is missing', async (t) => {
  const { cloud, provider } = await setUp(t);
  cloud.keystone.credential.expiresAt = new Date(cloud.now().getTime() + 3_600_000);
  cloud.nova.quota = 0;
  cloud.neutron.isQuotaPublic = false;
  const ending = await provider.verify(limit());
  assert.deepEqual(
    ending.findings.map(({ code, severity }) => [code, severity]),
    [
      ['QUOTA_EXCEEDED', 'warning'],
      ['CREDENTIALS_EXPIRE', 'warning'],
    ],
  );
  cloud.nova.maxVersion = '2.60';
  const { findings, sessions } = await provider.verify(limit());
  assert.equal(sessions, 1);
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['CLOUD_UNSUPPORTED'],
  );
});

test("a gateway whose clock is not the cloud's is warned, and let in", async (t) => {
  const { cloud } = await setUp(t);
  const late = openFake(cloud, { now: () => new Date(cloud.now().getTime() + 600_000) });
  t.after(async () => await late.close());
  const { findings } = await late.verify(limit());
  assert.deepEqual(
    findings.map(({ code, severity }) => [code, severity]),
    [['CLOCK_APART', 'warning']],
  );
});

test('preflight says all that is missing at once', async (t) => {
  const { cloud, provider } = await setUp(t);
  cloud.nova.quota = 2;
  const shapes = [
    { shape: { template: 'none', flavor: 'small', placement: { network: 'nowhere' } }, count: 3 },
    { shape: { template: 'node', flavor: 'huge', placement: { network: 'machines' } }, count: 1 },
    {
      shape: { template: 'node', flavor: 'small', placement: { network: 'machines', availabilityZone: 'x' } },
      count: 1,
    },
  ];
  const codes = (await provider.preflight(shapes, limit())).map(({ code }) => code);
  assert.deepEqual(codes.toSorted(), [
    'FLAVOR_UNKNOWN',
    'NETWORK_UNKNOWN',
    'PLACEMENT_INVALID',
    'QUOTA_EXCEEDED',
    'TEMPLATE_UNKNOWN',
  ]);
});

test('two images of one name are refused, unless one is of the project', async (t) => {
  const { cloud, provider } = await setUp(t);
  cloud.glance.put('node', 'somebody');
  await settle(provider, wantedMachine('a'), making);
  cloud.glance.put('node', cloud.keystone.project.id);
  await assert.rejects(settle(provider, wantedMachine('b'), making), { code: 'TEMPLATE_UNKNOWN' });
});

test('lists are read to their end', async (t) => {
  const { cloud, provider } = await setUp(t);
  for (let index = 0; index < 60; index++) cloud.glance.put('node', 'somebody');
  const own = cloud.glance.images.findIndex(({ owner }) => owner === cloud.keystone.project.id);
  cloud.glance.images.push(...cloud.glance.images.splice(own, 1));
  assert.equal((await settle(provider, wantedMachine('m'), making)).kind, 'done');
});

test('requests break off anywhere, two controllers, time that passes: never two machines, nothing left', async (t) => {
  for (let run = 0; run < Number(process.env.SKERRY_CLOUD_SEEDS ?? 4); run++) {
    const seed = Math.floor(Math.random() * 2 ** 31);
    t.diagnostic(`seed ${seed}`);
    await breakOff(t, seed);
  }
});

async function breakOff(t: TestContext, seed: number): Promise<void> {
  const random = randomOf(seed);
  const { cloud, provider } = await setUp(t);
  const other = openFake(cloud);
  t.after(async () => await other.close());
  // Requests overtake each other.
  cloud.delay(() => random() ** 4 * 40);
  const machines = [wantedMachine('a'), wantedMachine('b')];
  const bring = async (one: CloudProvider, machine: WantedMachine, intent: MachineIntent) => {
    await converge(one, machine, { intent, signal: limit() }).catch((error: unknown) => {
      assert.ok(isSkerryError(error), `seed ${seed}: ${error}`);
    });
  };
  for (let round = 0; round < 12; round++) {
    const intent = random() < 0.25 ? deleting : making;
    for (const name of FAULTS) if (random() < 0.3) cloud.fail(random() < 0.5 ? /POST/ : /./, name);
    const controllers = [provider, other];
    await Promise.all(
      controllers.flatMap((one) => machines.map(async (machine) => await bring(one, machine, intent))),
    );
    await cloud.nova.settle();
    for (const { mark } of machines) {
      const servers = [...cloud.nova.servers.values()].filter(({ name }) => name === mark.machine);
      // Not even one that Nova would have to give up for the other.
      assert.ok(servers.length <= 1, `seed ${seed}: ${servers.length} of ${mark.machine}`);
    }
    if (random() < 0.5) cloud.pass(CLAIM_ENDED_MS);
  }
  cloud.pass(CLAIM_ENDED_MS);
  for (const machine of machines) await patiently(async () => await settle(provider, machine, deleting));
  assert.deepEqual([cloud.nova.servers.size, cloud.neutron.ports.size], [0, 0], `seed ${seed}`);
}

async function setUp(t: TestContext) {
  const cloud = await startFakeCloud();
  const provider = openFake(cloud);
  t.after(async () => {
    await provider.close();
    await cloud.close();
  });
  return { cloud, provider };
}

async function settle(
  provider: CloudProvider,
  machine: WantedMachine,
  intent: MachineIntent,
): Promise<Outcome> {
  const signal = limit();
  for (;;) {
    const outcome = await converge(provider, machine, { intent, signal });
    if (outcome.kind !== 'wait') return outcome;
    await sleep(2, undefined, { signal });
  }
}

/** Faults that were left may still hit it. */
async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      assert.ok(isSkerryError(error), String(error));
    }
  }
  throw new Error('it never went well');
}

function limit(): AbortSignal {
  return AbortSignal.timeout(20_000);
}
