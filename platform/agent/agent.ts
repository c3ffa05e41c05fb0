import type { KubeClient } from '../../apply/client/client.ts';
import type { Clock } from '../../apply/clock.ts';
import type { DriftItem } from '../api/cluster-status.ts';
import type { ClusterIdentity } from '../desired/envelope.ts';
import type { Signed } from '../desired/message.ts';
import type { DriftWatch } from './drift/drift-watch.ts';
import { driftEvents } from './drift-events.ts';
import { Enforcer } from './enforcer.ts';
import type { LayerEngine } from './layers/layer-engine.ts';
import { Lookout } from './lookout.ts';
import { Reporter } from './report/reporter.ts';
import type { AgentHolder } from './state/agent-holder.ts';
import type { HeldEnvelope } from './state/held-envelope.ts';
import { UpgradeAttempts } from './upgrade-attempts.ts';

export interface AgentInput {
  readonly client: KubeClient;
  /** Of the agent. */
  readonly namespace: string;
  readonly engine: LayerEngine;
  readonly holder: AgentHolder;
  readonly drift: Pick<DriftWatch, 'update' | 'paused' | 'now' | 'problems'>;
  /** Who this is while no envelope says it. */
  readonly cluster: () => ClusterIdentity;
  readonly version: string;
  readonly sign: (payloadType: string, bytes: Uint8Array) => Signed;
  /** When the agent's own certificate ends. */
  readonly certificate: () => string | undefined;
  /** Becomes the agent that the envelope names, where it names another. */
  readonly upgrade: (held: HeldEnvelope, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly log: {
    info(fields: object, message: string): void;
    error(error: unknown, message: string): void;
  };
  readonly signal: AbortSignal;
}

/** Makes the cluster what the held envelope says, keeps it so, and reports how it is; with or without a hub. */
export class Agent {
  readonly #input: AgentInput;
  readonly #reporter: Reporter;
  readonly #enforcer: Enforcer;
  readonly #lookout: Lookout;
  readonly #upgrades: UpgradeAttempts;
  #drift: readonly DriftItem[] = [];

  constructor(input: AgentInput) {
    this.#input = input;
    const { holder, sign, clock, now, signal, log } = input;
    this.#reporter = new Reporter({ holder, sign, clock, now, signal, log, facts: () => this.#facts() });
    const onChange = () => this.#reporter.change();
    this.#upgrades = new UpgradeAttempts({ ...input, onChange });
    const upgrade: AgentInput['upgrade'] = (held, turn) => this.#upgrades.try(held, turn);
    const parts = { ...input, upgrade, onChange };
    this.#enforcer = new Enforcer(parts);
    this.#lookout = new Lookout(parts);
  }

  /** What is known of drift has changed. */
  drifted(items: readonly DriftItem[]): void {
    const happenings = driftEvents(this.#drift, items);
    this.#drift = items;
    this.#reporter.change();
    if (happenings.length === 0) return;
    // What was deleted or put back is part of a layer's health.
    this.#enforcer.look();
    this.#input.holder
      .remember((journal) => journal, ...happenings)
      .catch((error: unknown) => this.#input.log.error(error, 'what was found could not be remembered'));
  }

  /** Who this is has changed. */
  identified(): void {
    this.#reporter.change();
  }

  /** Until the signal is aborted. */
  async run(): Promise<void> {
    await Promise.all([this.#reporter.run(), this.#lookout.run(), this.#enforcer.run()]);
  }

  #facts() {
    const { holder, version, drift, cluster } = this.#input;
    const { journal, envelope: held } = holder;
    const { state, since: became } = this.#enforcer.envelope;
    const isCurrent = journal.envelope !== undefined && journal.envelope.digest === held?.digest;
    const { completedAt, seconds } = (isCurrent ? journal.envelope : undefined) ?? {};
    const since = state === 'complete' ? (completedAt ?? became) : became;
    return {
      cluster: held?.envelope.cluster ?? cluster(),
      agentVersion: version,
      envelope: {
        number: held?.envelope.number ?? 0,
        digest: held?.digest ?? '',
        state,
        since,
        ...(seconds === undefined ? {} : { seconds }),
      },
      refused: journal.refused,
      upgrade: this.#upgrades.failure,
      layers: this.#enforcer.layers,
      removed: journal.removed,
      drift: drift.now(),
      health: this.#lookout.health,
      gateway: this.#lookout.gateway,
    };
  }
}
