import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { sign } from '../../platform/desired/dsse.ts';
import { fingerprint } from '../../platform/desired/fingerprint.ts';
import type { KeyPair } from '../../platform/hub/tls/certificate.ts';
import { MemoryHub } from './memory-hub.ts';
import { SimAgent } from './sim-agent.ts';
import type { SimClock } from './sim-clock.ts';
import { PING_SECONDS, SimDoor } from './sim-door.ts';
import { SimSite } from './sim-site.ts';

const PAUSE_MS = 60_000;
/** Far more than backing off, noticing a silent connection and applying take together. */
const SETTLE_MS = 1_800_000;

export interface WorldOptions {
  readonly clock: SimClock;
  readonly authority: KeyPair;
  /** Signs envelopes. */
  readonly hubKey: KeyObject;
  readonly clusters: number;
  /** Between 0 and 1, the same each time. */
  readonly random: () => number;
}

/** A hub and its agents: the product's own code on both sides, with clock, wires and what is stored simulated. */
export class SimWorld {
  readonly #options: WorldOptions;
  readonly #named = new Map<string, ReadonlySet<string>>();
  readonly hub: MemoryHub;
  readonly sites: readonly SimSite[];
  readonly door: SimDoor;
  #backup: { readonly hub: ReturnType<MemoryHub['backup']>; readonly keys: readonly (string | undefined)[] };

  private constructor(options: WorldOptions) {
    this.#options = options;
    const { hubKey, clusters, authority, clock, random } = options;
    this.hub = new MemoryHub({
      sign: (type, bytes) => sign(type, bytes, hubKey, fingerprint(hubKey)),
      door: () => this.door.address,
    });
    const { hub } = this;
    this.door = new SimDoor({ clock, random, authority, hubKey, hub, sites: () => this.sites });
    this.sites = Array.from({ length: clusters }, (_, index) => this.#site(`ship-${index}`));
    this.#backup = { hub: this.hub.backup(), keys: [] };
    this.hub.onChange((cluster) => this.door.offer(cluster));
  }

  static async open(options: WorldOptions): Promise<SimWorld> {
    const world = new SimWorld(options);
    world.door.start();
    for (const { agent } of world.sites) await agent.start();
    return world;
  }

  async close(): Promise<void> {
    await this.door.stop('crash');
    for (const { agent } of this.sites) await agent.stop();
  }

  /** Somebody changes a cluster. A hub that knows that its agent holds more waits for that first. */
  edit({ cluster, id, edits }: SimSite, layers: readonly string[]): void {
    const { revision, held } = this.hub.stored(cluster);
    if (!this.door.isOpen || (held?.number ?? 0) > (revision?.number ?? 0)) return;
    edits.push(layers);
    // Named before any agent can hear of it.
    const listened = this.hub.onChange(() => {
      const { revision: made, removing } = this.hub.stored(cluster);
      if (made !== undefined) this.#named.set(made.digest, new Set(removing));
    });
    this.hub.edit(cluster, id, layers);
    listened();
  }

  rollBack(site: SimSite, back: number): void {
    const layers = site.edits.at(-1 - (back % Math.max(1, site.edits.length)));
    if (layers !== undefined) this.edit(site, layers);
  }

  async pass(ms: number): Promise<void> {
    await this.#options.clock.pass(ms);
  }

  backUpHub(): void {
    this.#backup = { hub: this.hub.backup(), keys: this.sites.map(({ key }) => key) };
  }

  async restoreHub(): Promise<void> {
    await this.door.stop('crash');
    this.hub.restore(this.#backup.hub);
    for (const [index, site] of this.sites.entries()) {
      site.key = this.#backup.keys[index];
      site.forgive();
    }
    this.door.start();
  }

  /** All is whole again, and all that has to happen does. */
  async settle(): Promise<void> {
    const { clock } = this.#options;
    this.door.start();
    for (const site of this.sites) {
      site.mend();
      await site.agent.start();
      // Somebody lets the agent in again where a backup has not its key.
      site.key = site.agent.identity?.current.key;
    }
    const end = clock.now() + SETTLE_MS;
    while (this.#open.length > 0) {
      assert.ok(clock.now() < end, this.#open.join('; '));
      await clock.pass(5_000);
    }
    // Nobody says anything any more: it stays so.
    await clock.pass(3_000 * PING_SECONDS);
    assert.deepEqual(this.#open, []);
  }

  /** What has not come together yet. */
  get #open(): string[] {
    return this.sites.flatMap((site) => this.#openAt(site).map((what) => `${site.cluster.name}: ${what}`));
  }

  #openAt({ cluster, agent, lines }: SimSite): string[] {
    const { revision, lastReport, events } = this.hub.stored(cluster);
    const { holder } = agent;
    agent.check();
    const unsaid = holder?.events(events.at(-1)?.number ?? 0) ?? [];
    const standing = [...lines].filter((line) => !line.isOver).length;
    return [
      ...(this.door.has(cluster) ? [] : ['not connected']),
      ...(standing === 1 ? [] : [`${standing} connections`]),
      ...(holder?.held()?.digest === revision?.digest
        ? []
        : [`holds ${holder?.held()?.number}, not ${revision?.number}`]),
      ...(agent.isComplete ? [] : ['not worked off']),
      ...(lastReport?.digest === holder?.report()?.digest && lastReport !== undefined
        ? []
        : [`report ${lastReport?.number}, not ${holder?.report()?.number}`]),
      ...(unsaid.length === 0 ? [] : [`${unsaid.length} events unsaid`]),
    ];
  }

  #site(name: string): SimSite {
    const { clock, random } = this.#options;
    const cluster = { project: 'sea', name };
    const id = `id-of-${name}`;
    return new SimSite(
      cluster,
      id,
      (site) =>
        new SimAgent({
          ...{ clock, random, cluster: { ...cluster, id } },
          installed: { urls: ['https://hub'], authorities: [] },
          token: async () => 'token',
          maxPauseMs: PAUSE_MS,
          dial: async (options) => await this.door.dial(site, options),
          enroll: async (_, request, signal) => await this.door.enroll(site, request, signal),
          applyMs: () => Math.round(random() * 20_000),
          isNamed: (digest, layer) => this.#named.get(digest)?.has(layer) === true,
        }),
    );
  }
}
