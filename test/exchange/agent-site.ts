import { systemClock } from '../../apply/clock.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { type ExchangeOptions, runExchange } from '../../platform/agent/exchange/exchange.ts';
import { IdentitySecret } from '../../platform/agent/identity/identity-secret.ts';
import { CLUSTER, ID } from './hub-site.ts';
import { MemoryHolder } from './memory-holder.ts';

/** An agent with its identity on an API server of its own; what it holds is in memory. */
export class AgentSite {
  readonly api: ScriptedApiServer;
  readonly identity: IdentitySecret;
  readonly holder: MemoryHolder;
  /** What the agent has logged. */
  readonly logged: object[] = [];
  #running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

  private constructor(api: ScriptedApiServer, identity: IdentitySecret) {
    this.api = api;
    this.identity = identity;
    this.holder = new MemoryHolder({
      cluster: () => ({ ...CLUSTER, id: ID }),
      privateKey: identity.current.privateKey,
      enrolledKeys: () => identity.current.enrolled?.hub.keys ?? [],
    });
  }

  static async open(): Promise<AgentSite> {
    const api = await ScriptedApiServer.start();
    api.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-system' } });
    const { signal } = new AbortController();
    const identity = await IdentitySecret.open({ client: api.client(), namespace: 'skerry-system', signal });
    return new AgentSite(api, identity);
  }

  /** A copy of the machine that another one runs on. */
  static async copyOf(other: AgentSite): Promise<AgentSite> {
    const api = await ScriptedApiServer.start();
    for (const object of other.api.objects.all()) api.put(object);
    const { signal } = new AbortController();
    const identity = await IdentitySecret.open({ client: api.client(), namespace: 'skerry-system', signal });
    return new AgentSite(api, identity);
  }

  run(
    installed: ExchangeOptions['installed'],
    token?: string | (() => string | undefined),
    today = () => new Date(),
  ): void {
    const stop = new AbortController();
    const done = runExchange({
      holder: this.holder,
      identity: this.identity,
      agentVersion: '0.1.0',
      id: ID,
      installed,
      token: async () => (typeof token === 'function' ? token() : token),
      signal: stop.signal,
      log: {
        info: (fields) => void this.logged.push(fields),
        warn: (fields) => void this.logged.push(fields),
      },
      today,
      clock: systemClock,
      random: Math.random,
      maxPauseMs: 100,
      connectMs: 2_000,
    });
    this.#running = { stop, done };
  }

  async stop(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.done;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.api.close();
  }
}
