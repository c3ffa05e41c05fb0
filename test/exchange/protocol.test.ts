import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Session } from '../../platform/agent/exchange/session.ts';
import { sign } from '../../platform/desired/dsse.ts';
import { checkEvents, NO_EVENT } from '../../platform/desired/events.ts';
import { fingerprint } from '../../platform/desired/fingerprint.ts';
import type { AgentMessage, HubMessage } from '../../platform/desired/message.ts';
import { Desk } from '../../platform/hub/door/desk.ts';
import { makeAuthority } from '../../platform/hub/tls/certificate.ts';
import { generator } from './generator.ts';
import { CLUSTER, ID } from './hub-site.ts';
import { MemoryHolder } from './memory-holder.ts';
import { MemoryHub } from './memory-hub.ts';
import { SimClock } from './sim-clock.ts';
import { DIRECTIONS } from './sim-line.ts';
import type { SimSite } from './sim-site.ts';
import { SimWorld } from './sim-world.ts';

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const hubKey = newKey();
const agentKey = newKey();
const hubPem = hubKey.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const LAYERS = ['web', 'db', 'mesh', 'logs'];

/** Hub and agent with a network of two bags between them: messages leave them in any order, twice or never. */
class World {
  readonly hub = new MemoryHub({
    sign: (type, bytes) => sign(type, bytes, hubKey.privateKey, fingerprint(hubKey.publicKey)),
    door: () => ({ urls: ['https://hub'], authorities: ['none'], keys: [hubPem] }),
  });
  readonly holder = new MemoryHolder({
    cluster: () => ({ ...CLUSTER, id: ID }),
    privateKey: agentKey.privateKey,
    enrolledKeys: () => [hubPem],
  });
  readonly agent = {
    ...CLUSTER,
    key: fingerprint(agentKey.publicKey),
    publicKey: createPublicKey(agentKey.privateKey),
  };
  desk = this.newDesk();
  session: Session = sessionOf(this.holder);
  toHub: AgentMessage[] = [];
  toAgent: HubMessage[] = [];
  backup = this.hub.backup();
  restores = 0;
  readonly named = new Set<string>();

  newDesk(): Desk {
    return new Desk({
      revisions: this.hub,
      status: this.hub,
      events: this.hub,
      keys: () => [hubKey.publicKey],
      renew: async () => '',
      now: () => new Date(0),
      pingSeconds: 30,
    });
  }

  async deliver(index: number, isTwice: boolean): Promise<void> {
    const all = this.toHub.length + this.toAgent.length;
    if (all === 0) return;
    const at = index % all;
    if (at < this.toHub.length) {
      const [message] = isTwice ? this.toHub.slice(at, at + 1) : this.toHub.splice(at, 1);
      if (message) this.toAgent.push(...(await this.desk.handle(this.agent, message, 'network')));
      return;
    }
    const from = at - this.toHub.length;
    const [message] = isTwice ? this.toAgent.slice(from, from + 1) : this.toAgent.splice(from, 1);
    if (message) this.toHub.push(...(await this.take(message)));
  }

  async take(message: HubMessage): Promise<AgentMessage[]> {
    const before = new Set(this.holder.layers);
    const answers = await this.session.handle(message);
    const gone = [...before].filter((name) => !this.holder.layers.has(name));
    for (const name of gone)
      assert.ok(this.named.has(`${this.holder.held()?.number} ${name}`), `${name} went unnamed`);
    return answers;
  }

  edit(layers: readonly string[]): void {
    const { number } = this.hub.edit(CLUSTER, ID, layers);
    for (const name of this.hub.stored(CLUSTER).removing) this.named.add(`${number} ${name}`);
  }

  cut(): void {
    this.toHub = [];
    this.toAgent = [];
    this.session = sessionOf(this.holder);
  }

  connect(): void {
    this.cut();
    this.toHub.push(this.session.hello());
  }

  /** A whole exchange without faults, as at last there is one. */
  async settle(): Promise<void> {
    this.connect();
    for (let steps = 0; this.toHub.length + this.toAgent.length > 0; steps++) {
      assert.ok(steps < 500, 'the exchange does not come to an end');
      await this.deliver(0, false);
    }
  }
}

type Step = (world: World) => Promise<void> | void;
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.nat(50), fc.boolean()).map(
      ([at, isTwice]): Step =>
        (w) =>
          w.deliver(at, isTwice),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.subarray(LAYERS).map(
      (layers): Step =>
        (w) =>
          w.edit(layers),
    ),
  },
  { weight: 3, arbitrary: fc.constant<Step>((w) => w.connect()) },
  { weight: 2, arbitrary: fc.constant<Step>((w) => w.holder.note('something')) },
  { weight: 2, arbitrary: fc.constant<Step>((w) => void w.toHub.push(...w.session.changed())) },
  { weight: 1, arbitrary: fc.constant<Step>((w) => w.cut()) },
  {
    weight: 1,
    arbitrary: fc.constant<Step>((w) => {
      w.desk = w.newDesk();
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>((w) => w.settle()) },
  {
    weight: 1,
    arbitrary: fc.constant<Step>((w) => {
      w.backup = w.hub.backup();
    }),
  },
);
const restore: Step = (w) => {
  w.restores++;
  w.hub.restore(w.backup);
  w.cut();
};

async function run(steps: readonly Step[]): Promise<World> {
  const world = new World();
  for (const one of steps) await one(world);
  await world.settle();
  return world;
}

function check(world: World): void {
  const { holder, hub } = world;
  const { revision, events } = hub.stored(CLUSTER);
  assert.equal(holder.held()?.digest, revision?.digest);
  assert.deepEqual(
    holder.accepted,
    [...holder.accepted].sort((a, b) => a - b),
  );
  const numbers = events.map(({ number }) => number);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
  assert.equal(hub.stored(CLUSTER).lastReport?.number ?? 0, holder.reportNumber);
}

const seed = Number(process.env.SKERRY_SEED ?? Date.now() % 2 ** 31);

test(`whatever the network does, the last state arrives and no event is lost (seed ${seed})`, async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    const world = await run(steps);
    check(world);
    assert.deepEqual(world.hub.stored(CLUSTER).events, world.holder.everyEvent);
  });
  await fc.assert(property, { seed, numRuns: 150 });
});

test(`a hub restored from an old backup takes over what is held, and nothing goes (seed ${seed})`, async () => {
  const withRestores = fc.array(
    fc.oneof({ weight: 12, arbitrary: step }, { weight: 1, arbitrary: fc.constant(restore) }),
    {
      maxLength: 60,
    },
  );
  await fc.assert(
    fc.asyncProperty(withRestores, async (steps) => check(await run(steps))),
    { seed, numRuns: 150 },
  );
});

const START = new Date('2030-01-01T00:00:00Z');
const [SECOND, MINUTE] = [1_000, 60_000];
const authority = await makeAuthority(START);

type Deed = (world: SimWorld, site: SimSite) => Promise<void> | void;
interface Named {
  readonly name: string;
  readonly site: number;
  readonly act: Deed;
}

const deed = (weight: number, name: string, ...acts: readonly Deed[]) => ({
  weight,
  arbitrary: fc
    .record({ site: fc.nat(1), act: fc.constantFrom(...acts) })
    .map(({ site, act }): Named => ({ name, site, act })),
});
const passes = (from: number, to: number): Deed[] =>
  [0, 0.1, 0.3, 0.6, 1].map((share) => (world) => world.pass(from + (to - from) * share));
const editions = [...Array(2 ** LAYERS.length).keys()].map((bits) =>
  LAYERS.filter((_, index) => (bits >> index) % 2 === 1),
);

const EVERYDAY = [
  deed(10, 'a moment', ...passes(0, 100)),
  deed(10, 'a minute', ...passes(SECOND, MINUTE)),
  deed(4, 'half an hour', ...passes(2 * MINUTE, 30 * MINUTE)),
  deed(1, 'hours', ...passes(60 * MINUTE, 300 * MINUTE)),
  deed(
    8,
    'edit',
    ...editions.map(
      (layers): Deed =>
        (world, site) =>
          world.edit(site, layers),
    ),
  ),
  deed(
    2,
    'roll back',
    ...[1, 2, 3].map(
      (back): Deed =>
        (world, site) =>
          world.rollBack(site, back),
    ),
  ),
  deed(4, 'note', (_, { agent }) => agent.note()),
];
const WIRE = [
  deed(1, 'cut', (_, site) => site.cut()),
  deed(1, 'reset', (_, site) => site.reset()),
  deed(
    2,
    'half open',
    ...DIRECTIONS.map(
      (one): Deed =>
        (_, site) =>
          site.fault({ lost: [one] }),
    ),
  ),
  deed(1, 'silent', (_, site) => site.fault({ lost: DIRECTIONS })),
  deed(
    1,
    'held up',
    ...DIRECTIONS.map(
      (one): Deed =>
        (_, site) =>
          site.fault({ held: [one] }),
    ),
  ),
  deed(1, 'slow', (_, site) => site.fault({ delayMs: 4 * SECOND })),
  deed(5, 'mend', (_, site) => site.mend()),
];
const PROCESSES = [
  deed(1, 'agent crashes', (_, site) => site.crash()),
  deed(1, 'hub crashes', (world) => world.door.stop('crash')),
  deed(1, 'hub stops', (world) => world.door.stop('close')),
  deed(3, 'hub starts', (world) => world.door.start()),
];
/** Two changes that are worked off, and then what was before them. */
const aged =
  (keep: Deed, bringBack: Deed): Deed =>
  async (world, site) => {
    world.door.start();
    site.mend();
    for (const layers of [['mesh'], ['web'], ['db']]) {
      world.edit(site, layers);
      await world.pass(3 * MINUTE);
      if (layers.includes('mesh')) await keep(world, site);
    }
    await bringBack(world, site);
  };
const STORES = [
  deed(1, 'agent forgets', (_, site) => site.forget()),
  deed(1, 'agent is copied', (_, site) => site.keepCopy()),
  deed(1, 'agent restored', (_, site) => site.restore()),
  deed(1, 'hub backup', (world) => world.backUpHub()),
  deed(1, 'hub restored', (world) => world.restoreHub()),
  deed(
    2,
    'agent is as old as a copy',
    aged(
      (_, site) => site.keepCopy(),
      (_, site) => site.restore(),
    ),
  ),
  deed(
    2,
    'hub is as old as a backup',
    aged(
      (world) => world.backUpHub(),
      (world) => world.restoreHub(),
    ),
  ),
];

async function openWorld(clusters: number, random: number): Promise<SimWorld> {
  const clock = new SimClock(START);
  const keys = { authority, hubKey: hubKey.privateKey };
  return await SimWorld.open({ clock, ...keys, clusters, random: generator(random) });
}

test('a hub that crashes while an agent connects is found again, whenever that is', async () => {
  for (let moment = 0; moment <= 160; moment += 20) {
    const world = await openWorld(1, moment);
    await world.pass(moment);
    await world.door.stop('crash');
    await world.settle();
    await world.close();
  }
});

/** Does all of it, lets everything come together, changes each cluster once more, and looks again. */
async function simulate(deeds: readonly Named[], random: number): Promise<void> {
  const world = await openWorld(2, random);
  try {
    for (const { site, act } of deeds) await act(world, world.sites[site] ?? assert.fail());
    await world.settle();
    for (const site of world.sites) checkSite(world, site);
    const numbers = world.sites.map(({ agent }) => agent.holder?.held()?.number ?? 0);
    for (const site of world.sites) world.edit(site, ['web', 'last']);
    await world.settle();
    for (const [index, site] of world.sites.entries()) {
      assert.equal(site.agent.holder?.held()?.number, (numbers[index] ?? 0) + 1);
      checkSite(world, site);
    }
  } finally {
    await world.close();
  }
}

function checkSite({ hub }: SimWorld, { cluster, agent, forgiven, isWhole }: SimSite): void {
  const { layers, events } = hub.stored(cluster);
  for (const name of layers) assert.ok(agent.layers.has(name), `${name} is not there`);
  if (isWhole) assert.deepEqual([...agent.layers].sort(), [...layers].sort());
  assert.deepEqual(
    agent.accepted,
    [...new Set(agent.accepted)].sort((a, b) => a - b),
  );
  const notes = events.filter(({ kind }) => kind === 'drift').map(({ subject }) => subject);
  assert.deepEqual(notes, [...new Set(notes)]);
  const due = agent.noted.slice(forgiven);
  assert.deepEqual(
    notes.filter((subject) => due.includes(subject)),
    due,
  );
  if (!isWhole) return;
  checkEvents(NO_EVENT, events);
  const taken = hub.reports.filter((report) => report.cluster.name === cluster.name);
  const numbers = taken.map(({ number }) => number);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
}

const runs = Number(process.env.SKERRY_PROTOCOL_RUNS ?? 12);
const histories = {
  'wires and processes that fail': [...EVERYDAY, ...WIRE, ...PROCESSES],
  'what was forgotten, and copies that come back': [...EVERYDAY, ...WIRE, ...PROCESSES, ...STORES],
};
for (const [what, deeds] of Object.entries(histories))
  test(`by a simulated clock, the last state arrives over ${what} (seed ${seed})`, async () => {
    const property = fc.asyncProperty(
      fc.array(fc.oneof(...deeds), { maxLength: 50 }),
      fc.nat(),
      async (all, random) => await simulate(all, random),
    );
    await fc.assert(property, {
      seed,
      numRuns: runs,
      reporter: (details) => {
        if (!details.failed) return;
        const [all = [], random] = details.counterexample ?? [];
        const story = all.map(({ name, site }) => `${name} ${site}`).join(', ');
        throw new Error(
          `seed ${details.seed}, path ${details.counterexamplePath}, random ${random}: ${story}`,
          {
            cause: details.errorInstance,
          },
        );
      },
    });
  });

/** A session without any wire, for what is said over it. */
function sessionOf(holder: MemoryHolder): Session {
  return new Session({ holder, agentVersion: '0.1.0', onRefused: () => undefined });
}
