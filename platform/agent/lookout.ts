import type { KubeClient } from '../../apply/client/client.ts';
import type { Clock } from '../../apply/clock.ts';
import type { DriftProblem, DriftWatch } from './drift/drift-watch.ts';
import { problemEvents } from './drift-events.ts';
import type { GatewayState } from './gateway/gateway-state.ts';
import { keepBackups } from './gateway/keep-backups.ts';
import { watchGateway } from './gateway/watch-gateway.ts';
import { type ClusterHealth, readClusterHealth, UNSEEN } from './health/cluster-health.ts';
import { watchNodes } from './health/watch-nodes.ts';
import type { AgentLog } from './log.ts';
import type { AgentHolder } from './state/agent-holder.ts';
import type { HeldEnvelope } from './state/held-envelope.ts';

export interface LookoutInput {
  readonly client: KubeClient;
  readonly holder: AgentHolder;
  readonly drift: Pick<DriftWatch, 'problems'>;
  /** When the agent's own certificate ends. */
  readonly certificate: () => string | undefined;
  /** Becomes the agent that the envelope names; never throws but when the signal is aborted. */
  readonly upgrade: (held: HeldEnvelope, signal: AbortSignal) => Promise<void>;
  /** Of the agent. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly log: Pick<AgentLog, 'error'>;
  readonly signal: AbortSignal;
  /** The report is another. */
  readonly onChange: () => void;
}

const HEALTH_EVERY_MS = 30_000;

/** Looks at the whole cluster now and then, and as soon as a node changes; in a gateway at what it makes, too. */
export class Lookout {
  readonly #input: LookoutInput;
  #health: ClusterHealth = UNSEEN;
  #gateway: GatewayState | undefined;
  #backup: GatewayState['backup'];
  #problems: readonly DriftProblem[] = [];
  /** Aborted when the cluster should be looked at before the time. */
  #look = new AbortController();

  constructor(input: LookoutInput) {
    this.#input = input;
  }

  get health(): ClusterHealth {
    return this.#health;
  }

  /** What the cluster makes beside a cloud; undefined where it is no gateway. */
  get gateway(): GatewayState | undefined {
    const [gateway, backup] = [this.#gateway, this.#backup];
    return gateway === undefined || backup === undefined ? gateway : { ...gateway, backup };
  }

  /** Until the signal is aborted. */
  async run(): Promise<void> {
    const { client, clock, signal, onChange } = this.#input;
    const nodes = watchNodes({ client, clock, signal, onChange: () => this.#look.abort() });
    const gateway = watchGateway({
      ...{ client, clock, signal },
      onChange: (state) => {
        this.#gateway = state;
        onChange();
      },
    });
    const backups = keepBackups({
      ...this.#input,
      isGateway: () => this.#gateway !== undefined,
      onBackup: (backup) => {
        this.#backup = backup;
        onChange();
      },
    });
    await Promise.all([this.#lookAround(), nodes, gateway, backups]);
  }

  async #lookAround(): Promise<void> {
    const { client, holder, certificate, upgrade, clock, signal, log, onChange } = this.#input;
    while (!signal.aborted) {
      this.#look = new AbortController();
      try {
        await this.#tellProblems();
        this.#health = await readClusterHealth(client, certificate(), signal);
        onChange();
        // Whether a new agent has come up is seen only after a while.
        const { envelope: held } = holder;
        if (held !== undefined && !held.envelope.paused) await upgrade(held, signal);
      } catch (error) {
        if (!signal.aborted) log.error(error, 'the cluster could not be looked at');
      }
      const look = AbortSignal.any([signal, this.#look.signal]);
      await clock.sleep(HEALTH_EVERY_MS, look).catch(() => undefined);
    }
  }

  // Rights that were taken away show here: nothing else says that a part of the cluster is not watched.
  async #tellProblems(): Promise<void> {
    const { drift, holder } = this.#input;
    const problems = drift.problems();
    const happenings = problemEvents(this.#problems, problems);
    this.#problems = problems;
    if (happenings.length > 0) await holder.remember((journal) => journal, ...happenings);
  }
}
