import { isDeepStrictEqual } from 'node:util';
import { isSkerryError, messageOf } from '../../content/error.ts';
import type { Report } from '../desired/report.ts';
import type { AgentLog } from './log.ts';
import type { AgentHolder } from './state/agent-holder.ts';
import type { HeldEnvelope } from './state/held-envelope.ts';

export interface UpgradeAttemptsInput {
  /** Becomes the agent that the envelope names, where it names another. */
  readonly upgrade: (held: HeldEnvelope, signal: AbortSignal) => Promise<void>;
  readonly holder: AgentHolder;
  readonly log: Pick<AgentLog, 'error'>;
  /** The report is another. */
  readonly onChange: () => void;
}

const MAX_DETAIL = 500;

/** An agent that cannot be replaced goes on with its work; why is reported, and remembered once. */
export class UpgradeAttempts {
  readonly #input: UpgradeAttemptsInput;
  #failure: Report['upgrade'];

  constructor(input: UpgradeAttemptsInput) {
    this.#input = input;
  }

  /** Why the agent is not the one that the envelope names. */
  get failure(): Report['upgrade'] {
    return this.#failure;
  }

  /** Never throws but when the signal is aborted. */
  async try(held: HeldEnvelope, signal: AbortSignal): Promise<void> {
    const { upgrade, onChange } = this.#input;
    try {
      await upgrade(held, signal);
      const failed = this.#failure !== undefined;
      this.#failure = undefined;
      if (failed) onChange();
    } catch (error) {
      signal.throwIfAborted();
      await this.#fail(failureOf(held, error), error);
    }
  }

  async #fail(failure: NonNullable<Report['upgrade']>, error: unknown): Promise<void> {
    const { holder, log, onChange } = this.#input;
    const before = this.#failure;
    if (isDeepStrictEqual(failure, before)) return;
    this.#failure = failure;
    onChange();
    log.error(error, 'the agent could not be replaced');
    if (before?.version === failure.version && before.code === failure.code) return;
    const detail = messageOf(error).slice(0, MAX_DETAIL);
    await holder.remember((journal) => journal, { kind: 'failed', subject: 'agent', detail });
  }
}

function failureOf({ envelope }: HeldEnvelope, error: unknown): NonNullable<Report['upgrade']> {
  const [code, detail] = isSkerryError(error)
    ? [error.code, error.detail ?? error.subject]
    : ['AGENT_UPGRADE_FAILED', messageOf(error)];
  return { version: envelope.agent?.version ?? '', code, detail: detail.slice(0, MAX_DETAIL) };
}
