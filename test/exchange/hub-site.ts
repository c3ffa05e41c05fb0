import { randomBytes } from 'node:crypto';
import { systemClock } from '../../apply/clock.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { Cluster } from '../../platform/api/cluster.ts';
import { definitionOf } from '../../platform/api/custom-resource.ts';
import { Enrollment } from '../../platform/api/enrollment.ts';
import { API_VERSION } from '../../platform/api/group.ts';
import type { Protocols } from '../../platform/desired/protocol.ts';
import { Authority } from '../../platform/hub/authority/authority.ts';
import { changeAuthoritySecret } from '../../platform/hub/authority/authority-secret.ts';
import type { AuthoritySet } from '../../platform/hub/authority/authority-set.ts';
import { readCsrOf } from '../../platform/hub/authority/csr.ts';
import { Desk } from '../../platform/hub/door/desk.ts';
import { type Door, openDoor } from '../../platform/hub/door/door.ts';
import { WatchedFleet } from '../../platform/hub/door/watched-fleet.ts';
import { enroll } from '../../platform/hub/enroll/enroll.ts';
import { clusterReference, StoredCluster } from '../../platform/hub/enroll/stored.ts';
import { hashToken, makeToken, writeToken } from '../../platform/hub/enroll/token.ts';
import type { KeyPair } from '../../platform/hub/tls/certificate.ts';
import { DEFAULT_TERMS } from '../../platform/hub/tls/certificate-terms.ts';
import { watchAll } from '../../platform/hub/watched/testing/watch-all.ts';
import { CuttableWire } from './cuttable-wire.ts';
import { MemoryHub } from './memory-hub.ts';

export const PROJECT = 'ships';
export const NAME = 'one';
export const CLUSTER = { project: PROJECT, name: NAME };
export const ID = '6f1c2f5e-0000-4000-8000-000000000001';
const AUTHORITY = { namespace: 'skerry-system', name: 'skerry-hub-authority' };

/** A hub's door for agents, with what stands behind it: authority and clusters on an API server, the rest in memory. */
export class HubSite {
  readonly api: ScriptedApiServer;
  readonly authority: Authority;
  readonly hub: MemoryHub;
  readonly fleet: WatchedFleet;
  readonly wire: CuttableWire;
  readonly #stop: AbortController;
  #door: Door | undefined;
  urls: string[] = [];
  /** Addresses by which only one cluster reaches the hub, by its name. */
  readonly urlsOf = new Map<string, readonly string[]>();
  pingSeconds = 1;
  maxAgents: number | undefined;
  requestMs: number | undefined;
  protocols: Protocols | undefined;
  /** What the door has logged. */
  readonly logged: object[] = [];

  private constructor(
    api: ScriptedApiServer,
    authority: Authority,
    fleet: WatchedFleet,
    wire: CuttableWire,
    stop: AbortController,
    clock: { skewMs: number },
  ) {
    this.api = api;
    this.authority = authority;
    this.fleet = fleet;
    this.wire = wire;
    this.#stop = stop;
    this.#clock = clock;
    this.hub = new MemoryHub({
      sign: (type, bytes) => this.authority.sign(type, bytes),
      door: ({ name }) => this.authority.door(this.urlsOf.get(name) ?? this.urls),
    });
  }

  /** What is added to the time of day. */
  readonly #clock: { skewMs: number };

  static async open(options: { agentDays?: number } = {}): Promise<HubSite> {
    const api = await ScriptedApiServer.start();
    for (const kind of [Cluster, Enrollment]) api.put(definitionOf(kind));
    api.put({ apiVersion: 'v1', kind: 'Secret', metadata: AUTHORITY });
    api.put({ ...clusterReference(PROJECT, NAME), spec: {} });
    const stop = new AbortController();
    const { signal } = stop;
    const clock = { skewMs: 0 };
    const authority = await Authority.open({
      client: api.client(),
      ...AUTHORITY,
      signal,
      now: () => new Date(Date.now() + clock.skewMs),
      terms: { ...DEFAULT_TERMS, ...options },
    });
    const client = api.client(realClock);
    const { clusters } = watchAll(client, signal);
    const fleet = new WatchedFleet(clusters);
    await clusters.listed;
    const port = { current: 0 };
    const wire = await CuttableWire.open(() => port.current);
    const site = new HubSite(api, authority, fleet, wire, stop, clock);
    site.#port = port;
    site.urls = [`https://localhost:${wire.port}`];
    await site.start();
    return site;
  }

  #port = { current: 0 };

  now(): Date {
    return new Date(Date.now() + this.#clock.skewMs);
  }

  /** Puts the hub's clock forward. */
  skip(ms: number): void {
    this.#clock.skewMs += ms;
  }

  get connected(): number {
    return this.#door?.size ?? 0;
  }

  get port(): number {
    return this.#port.current;
  }

  async start(names = ['localhost', '127.0.0.1']): Promise<void> {
    const { authority, fleet, hub } = this;
    const client = this.api.client();
    const { signal } = this.#stop;
    const now = () => this.now();
    const desk = new Desk({
      revisions: hub,
      status: hub,
      events: hub,
      keys: () => authority.keys,
      renew: async (agent, csr) => {
        const { publicKey } = await readCsrOf(agent, csr);
        return await authority.issueAgent(publicKey, { ...agent, id: ID });
      },
      now,
      pingSeconds: this.pingSeconds,
      protocols: this.protocols,
    });
    this.#door = await openDoor({
      listen: { host: '127.0.0.1', port: 0 },
      tls: await authority.issueServer(names),
      authorities: () => authority.certificates,
      fleet,
      desk,
      revisions: hub,
      status: hub,
      enroll: async (request, from) =>
        await enroll(
          {
            client,
            authority,
            acceptedBy: (key) => fleet.byKey(key),
            door: () => authority.door(this.urls),
            now,
            random: () => 0,
            signal,
          },
          request,
          from,
        ),
      limit: () => undefined,
      pingSeconds: this.pingSeconds,
      maxAgents: this.maxAgents,
      requestMs: this.requestMs,
      log: {
        info: (fields) => void this.logged.push(fields),
        warn: (fields) => void this.logged.push(fields),
      },
      today: now,
      clock: systemClock,
      random: () => 0,
    });
    this.#port.current = this.#door.address.port;
  }

  /** The door shows another certificate from now on. */
  use(tls: KeyPair): void {
    this.#door?.use(tls);
  }

  async stopDoor(): Promise<void> {
    await this.#door?.close();
  }

  addCluster(name: string): void {
    this.api.put({ ...clusterReference(PROJECT, name), spec: {} });
  }

  /** Makes an enrollment, as the HTTP API does, and gives its token. */
  token(options: { cluster?: string; autoAccept?: boolean; expiresInMs?: number } = {}): string {
    const name = `e${randomBytes(4).toString('hex')}`;
    const token = makeToken(PROJECT, name);
    const { cluster = NAME, autoAccept, expiresInMs = 3_600_000 } = options;
    const expiresAt = new Date(this.now().getTime() + expiresInMs).toISOString();
    this.api.put({
      apiVersion: API_VERSION,
      kind: 'Enrollment',
      metadata: { namespace: PROJECT, name },
      spec: {
        cluster,
        tokenHash: hashToken(token),
        expiresAt,
        ...(autoAccept === undefined ? {} : { autoAccept }),
      },
    });
    return writeToken(token);
  }

  cluster(): StoredCluster {
    return StoredCluster.parse(this.api.objects.find(`Cluster.skerry.dev ${PROJECT}/${NAME}`));
  }

  /** Somebody accepts this key; none when undefined. */
  accept(key: string | undefined): void {
    const object = this.api.objects.find(`Cluster.skerry.dev ${PROJECT}/${NAME}`);
    if (object === undefined) throw new Error('no Cluster');
    this.api.objects.replace({ ...object, spec: key === undefined ? {} : { agent: { key } } });
  }

  async changeAuthority(how: (set: AuthoritySet) => Promise<AuthoritySet> | AuthoritySet): Promise<void> {
    const options = {
      client: this.api.client(),
      ...AUTHORITY,
      now: () => this.now(),
      signal: this.#stop.signal,
    };
    await changeAuthoritySecret(options, async (set) => {
      if (set === undefined) throw new Error('no authority');
      return await how(set);
    });
    await this.authority.refresh();
  }

  async close(): Promise<void> {
    await this.stopDoor();
    this.#stop.abort();
    await this.wire.close();
    await this.api.close();
  }
}

const realClock = {
  now: () => performance.now(),
  sleep: async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, Math.min(ms, 20))),
};
