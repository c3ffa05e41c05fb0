import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import type { Clock } from '../../apply/clock.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { acceptEnvelope } from '../../platform/agent/exchange/accept.ts';
import { hubKeys } from '../../platform/agent/exchange/doors.ts';
import { type ExchangeOptions, runExchange } from '../../platform/agent/exchange/exchange.ts';
import type { Numbered, OfferAnswer } from '../../platform/agent/exchange/holder.ts';
import { UNSEEN } from '../../platform/agent/health/cluster-health.ts';
import { IdentitySecret } from '../../platform/agent/identity/identity-secret.ts';
import type { LayerEngine } from '../../platform/agent/layers/layer-engine.ts';
import { runLayers } from '../../platform/agent/layers/layer-runner.ts';
import { LayerStates } from '../../platform/agent/layers/layer-states.ts';
import { removeLayers } from '../../platform/agent/removal/remove-layers.ts';
import { Reporter } from '../../platform/agent/report/reporter.ts';
import { AgentHolder } from '../../platform/agent/state/agent-holder.ts';
import type { HeldEnvelope } from '../../platform/agent/state/held-envelope.ts';
import { AGENT_STATE } from '../../platform/desired/agent-names.ts';
import { sign } from '../../platform/desired/dsse.ts';
import type { ClusterIdentity } from '../../platform/desired/envelope.ts';
import type { Signed } from '../../platform/desired/message.ts';
import { MemoryStore } from './memory-store.ts';
import type { SimClock } from './sim-clock.ts';

const NAMESPACE = 'skerry-system';
/** The longest that a timer takes: more than three weeks. */
const FOREVER_MS = 2 ** 31 - 1;

export interface SimAgentOptions
  extends Pick<
    ExchangeOptions,
    'installed' | 'token' | 'random' | 'dial' | 'enroll' | 'maxPauseMs' | 'connectMs'
  > {
  readonly clock: Clock & Pick<SimClock, 'today' | 'busy'>;
  readonly cluster: ClusterIdentity;
  /** What applying one layer takes. */
  readonly applyMs: () => number;
  /** Whether the envelope with this digest names the layer for removal. */
  readonly isNamed: (digest: string, layer: string) => boolean;
}

interface Running {
  readonly holder: AgentHolder;
  readonly identity: IdentitySecret;
  readonly stop: AbortController;
  readonly done: Promise<unknown>;
}

/** A managed cluster at some moment: what its API server keeps, and the layers that are there. */
export interface ClusterCopy {
  readonly objects: ReadonlyMap<string, KubeObject>;
  readonly layers: ReadonlySet<string>;
}

/** An agent and its cluster: all of the agent but Helm, pods and the network, which are simulated. */
export class SimAgent {
  readonly #options: SimAgentOptions;
  readonly #store = new MemoryStore();
  /** Layers that are in the cluster. */
  layers = new Set<string>();
  #running: Running | undefined;
  #completed = '';
  #failure: unknown;
  /** Numbers of the envelopes that were accepted since the agent last lost what it knew. */
  accepted: number[] = [];
  /** What happened in the cluster and was kept. */
  noted: string[] = [];
  #notes = 0;

  constructor(options: SimAgentOptions) {
    this.#options = options;
  }

  get holder(): AgentHolder | undefined {
    return this.#running?.holder;
  }

  get identity(): IdentitySecret | undefined {
    return this.#running?.identity;
  }

  /** The held envelope has been worked off. */
  get isComplete(): boolean {
    const held = this.holder?.envelope;
    return held === undefined || held.digest === this.#completed;
  }

  /** Throws what ended it, where it did not end as it was asked to. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const { clock, cluster } = this.#options;
    const stop = new AbortController();
    const { signal } = stop;
    const place = { client: this.#store, namespace: NAMESPACE, signal };
    const identity = await clock.busy(IdentitySecret.open(place));
    const decide = (signed: Signed, held: Numbered | undefined) => this.#decide(identity, signed, held);
    const holder = await AgentHolder.open({ ...place, decide, now: clock.today });
    this.#completed = '';
    const reporter = this.#reporter(holder, identity, signal);
    const log = { info: () => undefined, warn: () => undefined };
    const exchange = runExchange({
      ...this.#options,
      ...{ holder, signal, log },
      identity: {
        get current() {
          return identity.current;
        },
        keep: async (given) => await identity.keep(given),
        csr: async () => await clock.busy(identity.csr()),
      },
      agentVersion: '1.0.0',
      id: cluster.id,
      today: clock.today,
    });
    identity.onChange(() => reporter.change());
    const done = Promise.all([exchange, reporter.run(), this.#enforce(holder, reporter, signal)]).catch(
      (error: unknown) => {
        this.#failure = error;
      },
    );
    this.#running = { holder, identity, stop, done };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    await running?.done;
  }

  copy(): ClusterCopy {
    return { objects: this.#store.copy(), layers: new Set(this.layers) };
  }

  /** The whole cluster is again what it was. */
  async restore({ objects, layers }: ClusterCopy): Promise<void> {
    await this.stop();
    this.#store.restore(objects);
    this.layers = new Set(layers);
    this.accepted = [];
    await this.start();
  }

  /** What the agent knew is gone, but for its keys; the layers stay. */
  async forget(): Promise<void> {
    await this.stop();
    this.#store.delete(AGENT_STATE);
    this.accepted = [];
    await this.start();
  }

  /** Something happens that the hub has to hear of. */
  async note(): Promise<void> {
    if (this.holder === undefined) return;
    const subject = `note ${++this.#notes}`;
    this.noted.push(subject);
    await this.holder.remember((journal) => journal, { kind: 'drift', subject });
  }

  #decide(identity: IdentitySecret, signed: Signed, held: Numbered | undefined): OfferAnswer {
    const keys = hubKeys(held?.signed, identity.current.enrolled?.hub.keys ?? []).map((key) =>
      createPublicKey(key),
    );
    try {
      const { isHeld, envelope } = acceptEnvelope(signed, { keys, cluster: this.#options.cluster, held });
      if (!isHeld) this.accepted.push(envelope.number);
      return { accepted: true };
    } catch (error) {
      if (!isSkerryError(error)) throw error;
      return { accepted: false, code: error.code, detail: error.detail };
    }
  }

  #reporter(holder: AgentHolder, identity: IdentitySecret, signal: AbortSignal): Reporter {
    const { clock, cluster } = this.#options;
    return new Reporter({
      ...{ holder, clock, signal, now: clock.today },
      log: {
        error: (error) => {
          throw error;
        },
      },
      sign: (type, bytes) => sign(type, bytes, identity.current.privateKey, identity.current.key),
      facts: () => {
        const { envelope: held, journal } = holder;
        const state = held === undefined ? 'none' : this.isComplete ? 'complete' : 'applying';
        return {
          cluster,
          agentVersion: '1.0.0',
          envelope: {
            number: held?.envelope.number ?? 0,
            digest: held?.digest ?? '',
            state,
            since: held?.envelope.issuedAt ?? '',
          },
          refused: journal.refused,
          layers: [],
          removed: journal.removed,
          drift: [],
          health: UNSEEN,
        };
      },
    });
  }

  async #enforce(holder: AgentHolder, reporter: Reporter, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const held = holder.envelope;
      const other = new AbortController();
      const end = holder.onChange(() => {
        if (holder.envelope?.digest !== held?.digest) other.abort();
        reporter.change();
      });
      const turn = AbortSignal.any([signal, other.signal]);
      try {
        if (held !== undefined) await this.#workOff(held, holder, turn);
        reporter.change();
        await clock.sleep(FOREVER_MS, turn);
      } catch (error) {
        if (!turn.aborted) throw error;
      } finally {
        end();
      }
    }
  }

  async #workOff({ envelope, digest }: HeldEnvelope, holder: AgentHolder, signal: AbortSignal) {
    const { clock } = this.#options;
    const engine = this.#engine(digest);
    const failed = await removeLayers({ envelope, engine, holder, failures: new Map(), signal });
    const states = new LayerStates(envelope.layers, () => undefined);
    const work = { envelope, engine, holder, states, clock, signal, failures: new Map(), isKnown: false };
    assert.equal(await runLayers(work), true);
    assert.deepEqual(failed, []);
    this.#completed = digest;
  }

  #engine(digest: string): LayerEngine {
    const { clock, applyMs, isNamed } = this.#options;
    return {
      apply: async ({ name }, { signal }) => {
        await clock.sleep(applyMs(), signal);
        this.layers.add(name);
      },
      state: async ({ name, namespace }) => {
        const healthy = this.layers.has(name);
        return { name, namespace, healthy, objects: healthy ? 1 : 0, problems: healthy ? [] : ['not there'] };
      },
      objects: async () => [],
      remove: async ({ name }, { signal }) => {
        await clock.sleep(applyMs(), signal);
        assert.ok(isNamed(digest, name), `${name} was removed, and its envelope does not name it`);
        return this.layers.delete(name);
      },
    };
  }
}
