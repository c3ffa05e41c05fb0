import type { KubeClient } from '../../apply/client/client.ts';
import type { Clock } from '../../apply/clock.ts';
import type { LayerState } from '../api/cluster-status.ts';

import { driftLayersOf } from './drift/drift-layers.ts';
import type { DriftWatch } from './drift/drift-watch.ts';
import { type EnvelopeProgress, EnvelopeState } from './envelope-state.ts';
import { type LayerWatch, lookAtLayers, watchLayers } from './health/watch-layers.ts';
import type { LayerEngine } from './layers/layer-engine.ts';
import { runLayers } from './layers/layer-runner.ts';
import { LayerStates } from './layers/layer-states.ts';
import type { AgentLog } from './log.ts';
import { dueIn, type FailedRemoval, removeLayers } from './removal/remove-layers.ts';
import type { AgentHolder } from './state/agent-holder.ts';
import type { HeldEnvelope } from './state/held-envelope.ts';

export interface EnforcerInput {
  readonly client: KubeClient;
  readonly engine: LayerEngine;
  readonly holder: AgentHolder;
  readonly drift: Pick<DriftWatch, 'update' | 'paused'>;
  /** Becomes the agent that the envelope names; never throws but when the signal is aborted. */
  readonly upgrade: (held: HeldEnvelope, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly log: Pick<AgentLog, 'info' | 'error'>;
  readonly signal: AbortSignal;
  /** The report is another. */
  readonly onChange: () => void;
}

/** What failed is tried again after so long, and then after twice as long each time, up to the second. */
const RETRY_MS = 15_000;
const MAX_RETRY_MS = 300_000;

/** Makes the cluster what the held envelope says, layer by layer, and keeps watching its layers. */
export class Enforcer {
  readonly #input: EnforcerInput;
  #states = new LayerStates([], () => undefined);
  #removals: readonly LayerState[] = [];
  readonly #failures = new Map<string, string>();
  readonly #removalFailures = new Map<string, string>();
  #watch: LayerWatch | undefined;
  readonly #state: EnvelopeState;

  constructor(input: EnforcerInput) {
    this.#input = input;
    this.#state = new EnvelopeState(input.now);
  }

  /** How far the held envelope is. */
  get envelope(): EnvelopeProgress {
    const { journal, envelope } = this.#input.holder;
    const accepted = journal.envelope?.digest === envelope?.digest ? journal.envelope?.acceptedAt : undefined;
    return this.#state.of(envelope?.digest, accepted);
  }

  get layers(): LayerState[] {
    return [...this.#states.all, ...this.#removals];
  }

  /** Looks at the layers before the time. */
  look(): void {
    if (this.#watch !== undefined) void lookAtLayers(this.#watch).catch(() => undefined);
  }

  /** Until the signal is aborted. */
  async run(): Promise<void> {
    const { holder, signal, log } = this.#input;
    let pause = RETRY_MS;
    while (!signal.aborted) {
      const held = holder.envelope;
      using turn = this.#turn(held);
      try {
        if (held === undefined) await this.#idle('none', undefined, turn.signal);
        else if (held.envelope.paused) await this.#pause(held, turn.signal);
        else await this.#enforce(held, turn.signal, pause);
        pause = Math.min(pause * 2, MAX_RETRY_MS);
      } catch (error) {
        if (signal.aborted) return;
        if (turn.signal.aborted) {
          pause = RETRY_MS;
          continue;
        }
        log.error(error, 'the envelope could not be worked on');
        await this.#input.clock.sleep(pause, turn.signal).catch(() => undefined);
        pause = Math.min(pause * 2, MAX_RETRY_MS);
      }
    }
  }

  /** Ends when another envelope is held. */
  #turn(held: HeldEnvelope | undefined) {
    const { holder, signal, onChange } = this.#input;
    const other = new AbortController();
    const look = () => {
      if (holder.envelope?.digest !== held?.digest) other.abort();
      onChange();
    };
    const end = holder.onChange(look);
    look();
    return { signal: AbortSignal.any([signal, other.signal]), [Symbol.dispose]: end };
  }

  async #idle(state: 'none' | 'paused', held: HeldEnvelope | undefined, signal: AbortSignal): Promise<void> {
    await this.#input.drift.paused(true);
    this.#become(state, held);
    await until(signal);
  }

  async #pause(held: HeldEnvelope, signal: AbortSignal): Promise<void> {
    const { engine, holder, drift } = this.#input;
    // First of all: nothing that fails below may keep corrections going on.
    await drift.paused(true);
    this.#states = this.#statesFor(held);
    for (const { name } of held.envelope.layers) {
      const applied = holder.journal.applied[name];
      if (applied?.complete !== true) continue;
      this.#states.ready(name, applied);
    }
    await lookAtLayers({ engine, layers: held.envelope.layers, states: this.#states, signal });
    await this.#idle('paused', held, signal);
  }

  async #enforce(held: HeldEnvelope, signal: AbortSignal, pauseMs: number): Promise<void> {
    const { engine, holder, drift, clock, client, upgrade } = this.#input;
    const { envelope } = held;
    await this.#begin(held);
    await upgrade(held, signal);
    const isKnown = holder.journal.envelope?.completedAt !== undefined;
    this.#states = this.#statesFor(held);
    if (isKnown) this.#state.begin(held.digest);
    else this.#become('applying', held);
    await drift.paused(true);
    const failed = await this.#remove(held, signal);
    const allReady = await runLayers({
      envelope,
      engine,
      holder,
      clock,
      signal,
      isKnown,
      states: this.#states,
      failures: this.#failures,
    });
    const reached = this.#states.all.every(({ state }) => state === 'ready' || state === 'degraded');
    const complete = failed.length === 0 && (allReady || (isKnown && reached));
    if (complete) await this.#complete(held);
    this.#become(complete ? 'complete' : 'failed', held);
    drift.update(await driftLayersOf(held, this.#input, signal));
    await drift.paused(false);
    const { layers } = envelope;
    const round = new AbortController();
    const watched = AbortSignal.any([signal, round.signal]);
    const watch = { client, engine, layers, clock, signal: watched, states: this.#states };
    const watching = watchLayers(watch);
    this.#watch = watch;
    // What failed is worked on again after a while, what is complete stays.
    try {
      await (complete ? watching : Promise.race([watching, clock.sleep(pauseMs, signal)]));
    } finally {
      this.#watch = undefined;
      round.abort();
      await watching.catch(() => undefined);
    }
  }

  async #begin({ digest }: HeldEnvelope): Promise<void> {
    const { holder, now } = this.#input;
    if (holder.journal.envelope?.digest === digest) return;
    const acceptedAt = now().toISOString();
    await holder.remember((journal) => ({ ...journal, envelope: { digest, acceptedAt } }));
  }

  async #complete({ digest }: HeldEnvelope): Promise<void> {
    const { holder, now, log } = this.#input;
    const { envelope } = holder.journal;
    if (envelope?.digest !== digest || envelope.completedAt !== undefined) return;
    const at = now();
    const seconds = Math.max(0, Math.round((at.getTime() - Date.parse(envelope.acceptedAt)) / 100) / 10);
    const completed = { ...envelope, completedAt: at.toISOString(), seconds };
    await holder.remember((journal) => ({ ...journal, envelope: completed }));
    log.info({ seconds }, 'the envelope was worked off');
  }

  async #remove({ envelope }: HeldEnvelope, signal: AbortSignal): Promise<FailedRemoval[]> {
    const { engine, holder, onChange } = this.#input;
    const due = dueIn(envelope, holder.journal);
    this.#removals = due.map(({ name }) => ({ ...this.#named(name), state: 'removing' }));
    onChange();
    const failed = await removeLayers({ envelope, engine, holder, failures: this.#removalFailures, signal });
    this.#removals = failed.map(({ name, code, message }) => ({
      ...this.#named(name),
      state: 'failed',
      code,
      message: message.slice(0, 500),
    }));
    return failed;
  }

  #named(name: string): Pick<LayerState, 'name' | 'version' | 'digest'> {
    const applied = this.#input.holder.journal.applied[name];
    return { name, version: applied?.version ?? '', digest: applied?.packDigest ?? '' };
  }

  #statesFor({ envelope }: HeldEnvelope): LayerStates {
    return new LayerStates(envelope.layers, this.#input.onChange);
  }

  #become(state: EnvelopeProgress['state'], held: HeldEnvelope | undefined): void {
    if (!this.#state.become(state, held?.digest)) return;
    this.#input.log.info({ number: held?.envelope.number }, `the envelope is ${state}`);
    this.#input.onChange();
  }
}

async function until(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
}
