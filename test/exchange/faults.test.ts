import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../apply/clock.ts';
import { checkEvents, NO_EVENT } from '../../platform/desired/events.ts';
import { CuttableWire } from './cuttable-wire.ts';
import { generator } from './generator.ts';
import { HubSite, ID, PROJECT } from './hub-site.ts';
import { SimAgent } from './sim-agent.ts';
import { until } from './until.ts';

const SECONDS = Number(process.env.SKERRY_FAULT_SECONDS ?? 8);
/** An hour with a sign of life every 30 s has 120 of them; a short round stands for less than an hour. */
const PING_SECONDS = Math.max(0.5, SECONDS / 120);
const PING_MS = PING_SECONDS * 1000;
const AGENTS = 3;
const LAYERS = ['web', 'db', 'mesh', 'logs'];
const LIMIT_MS = 120_000;

interface Ship {
  readonly name: string;
  readonly wire: CuttableWire;
  readonly agent: SimAgent;
}

const seed = Number(process.env.SKERRY_SEED ?? Date.now() % 2 ** 31);

describe(`agents and their hub over wires that fail (seed ${seed})`, {
  timeout: SECONDS * 1000 + 5 * LIMIT_MS,
}, () => {
  const random = generator(seed);
  const between = (from: number, to: number) => from + (to - from) * random();
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] ?? assert.fail();
  let site: HubSite;
  let ships: Ship[] = [];
  const done = new Map<string, number>();
  /** What each envelope names for removal, by its digest. */
  const named = new Map<string, readonly string[]>();

  beforeEach(async () => {
    site = await HubSite.open();
    await site.stopDoor();
    site.pingSeconds = PING_SECONDS;
    // Each agent knows its own wire only.
    site.urls = ['https://localhost:1'];
    await site.start();
    ships = await Promise.all(
      Array.from({ length: AGENTS }, async (_, index) => await launch(`ship-${index}`)),
    );
    for (const ship of ships) edit(ship);
    await converged();
  });

  test('one that is gone without a word leaves no connection behind', async () => {
    const [gone] = ships;
    assert.ok(gone !== undefined);
    gone.wire.silence();
    await gone.agent.stop();
    await until('the hub has noticed', () => site.connected === AGENTS - 1 && gone.wire.standing === 0);
    gone.wire.mend();
    await gone.agent.start();
    await converged();
  });
  afterEach(async () => {
    for (const { agent } of ships) await agent.stop();
    for (const { wire } of ships) await wire.close();
    await site.close();
  });

  async function launch(name: string): Promise<Ship> {
    const wire = await CuttableWire.open(() => site.port);
    const urls = [`https://localhost:${wire.port}`];
    site.urlsOf.set(name, urls);
    site.addCluster(name);
    const token = site.token({ cluster: name, autoAccept: true });
    const agent = new SimAgent({
      clock: { ...systemClock, today: () => new Date(), busy: async (work) => await work },
      cluster: { project: PROJECT, name, id: ID },
      installed: { urls, authorities: site.authority.certificates },
      token: async () => token,
      random,
      maxPauseMs: (PING_MS * 20) / 30,
      connectMs: Math.max(2_000, PING_MS / 2),
      applyMs: () => between(0, PING_MS / 5),
      isNamed: (digest, layer) => named.get(digest)?.includes(layer) === true,
    });
    await agent.start();
    return { name, wire, agent };
  }

  function edit({ name }: Ship): void {
    const cluster = { project: PROJECT, name };
    const layers = LAYERS.filter(() => random() < 0.5);
    const { digest } = site.hub.edit(cluster, ID, layers);
    named.set(digest, site.hub.stored(cluster).removing);
  }

  const FAULTS: Record<string, (wire: CuttableWire) => void> = {
    cut: (wire) => wire.cut(),
    reset: (wire) => wire.reset(),
    silent: (wire) => wire.silence(),
    'half open to the hub': (wire) => wire.halfOpen('to-hub'),
    'half open to the agent': (wire) => wire.halfOpen('to-agent'),
    slow: (wire) => wire.slow({ kbit: between(16, 256) }),
  };
  const count = (what: string) => void done.set(what, (done.get(what) ?? 0) + 1);

  /** Breaks and mends one wire until the time is over; what happens at the same time has its own pace. */
  async function shake({ wire }: Ship, end: number): Promise<void> {
    while (performance.now() < end) {
      await sleep(between(0, PING_MS * 4));
      const [name, act] = one(Object.entries(FAULTS));
      count(name);
      act(wire);
      await sleep(between(0, PING_MS * 4));
      wire.mend();
    }
  }

  /** At last each connection breaks so that one end does not see it, each in another way. */
  async function breakUnseen(): Promise<void> {
    const ways = ['silent', 'half open to the hub', 'half open to the agent'];
    for (const [index, { wire }] of ships.entries()) {
      const name = ways[index % ways.length] ?? '';
      count(name);
      FAULTS[name]?.(wire);
    }
    await sleep(PING_MS * 2);
    for (const { wire } of ships) wire.mend();
  }

  async function live(ship: Ship, end: number): Promise<void> {
    while (performance.now() < end) {
      await sleep(between(0, PING_MS * 2));
      const chance = random();
      if (chance < 0.5) edit(ship);
      else if (chance < 0.95) await ship.agent.note();
      else {
        count('agent restarted');
        await ship.agent.stop();
        await ship.agent.start();
      }
    }
  }

  async function restartHub(end: number): Promise<void> {
    while (performance.now() + PING_MS * 6 < end) {
      await sleep(between(PING_MS * 6, PING_MS * 30));
      count('hub restarted');
      await site.stopDoor();
      await site.start();
    }
  }

  /** What has not come together at a cluster. */
  function open({ name, agent, wire }: Ship): string[] {
    const { revision, lastReport, events } = site.hub.stored({ project: PROJECT, name });
    const { holder } = agent;
    agent.check();
    const checks = {
      [`envelope ${revision?.number}`]: holder?.held()?.digest === revision?.digest,
      'worked off': agent.isComplete,
      'last report': lastReport !== undefined && lastReport.digest === holder?.report()?.digest,
      'last event': holder?.events(events.at(-1)?.number ?? 0).length === 0,
      [`one connection, not ${wire.standing}`]: wire.standing === 1,
    };
    return Object.entries(checks).flatMap(([what, isSo]) => (isSo ? [] : [`${name}: ${what}`]));
  }

  async function converged(): Promise<void> {
    const all = () => [
      ...ships.flatMap(open),
      ...(site.connected === ships.length ? [] : [`${site.connected} agents at the door`]),
    ];
    await until('all has come together', () => all().length === 0, LIMIT_MS).catch(() =>
      assert.fail(all().join('; ')),
    );
  }

  test('come to the last state, with nothing lost, removed or left over', async () => {
    const end = performance.now() + SECONDS * 1000;
    await Promise.all([
      ...ships.map(async (ship) => await shake(ship, end)),
      ...ships.map(async (ship) => await live(ship, end)),
      restartHub(end),
    ]);
    await converged();
    await breakUnseen();
    const began = performance.now();
    await converged();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const faults = [...done].map(([what, times]) => `${what} ${times}`).join(', ');
    const connections = ships.reduce((sum, { wire }) => sum + wire.connections, 0);
    console.log(`${SECONDS} s, a sign of life every ${PING_SECONDS} s: ${faults}`);
    console.log(`${connections} connections; together again ${seconds} s after the last fault`);
    for (const { name, agent } of ships) {
      const { layers, events } = site.hub.stored({ project: PROJECT, name });
      assert.deepEqual([...agent.layers].sort(), [...layers].sort());
      checkEvents(NO_EVENT, events);
      const notes = events.filter(({ kind }) => kind === 'drift').map(({ subject }) => subject);
      assert.deepEqual(notes, agent.noted);
      assert.deepEqual(
        agent.accepted,
        [...new Set(agent.accepted)].sort((a, b) => a - b),
      );
    }
    for (const ship of ships) edit(ship);
    await converged();
  });
});
