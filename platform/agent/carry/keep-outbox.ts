import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import type { Sign } from '../../desired/carry/agent-file.ts';
import type { Holder } from '../exchange/holder.ts';
import { AGENT_OUTBOX } from './agent-secrets.ts';
import { writeFileSecret } from './file-secret.ts';
import { type CarriedIdentity, outboxFile, outboxMessages } from './outbox-file.ts';

export interface OutboxOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  /** The agent's own. */
  readonly namespace: string;
  readonly holder: Pick<Holder, 'held' | 'report' | 'events' | 'onChange'>;
  /** Asked each time: it changes when the agent is accepted. */
  readonly identity: () => Promise<CarriedIdentity>;
  readonly sign: Sign;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The time of day. */
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
  /** Milliseconds between two looks. */
  readonly everyMs?: number | undefined;
}

const EVERY_MS = 10_000;
const CALL_MS = 10_000;

/** Keeps the agent's outbox current until the signal is aborted; it is written only when there is something new. */
export async function keepOutbox(options: OutboxOptions): Promise<void> {
  const { holder, clock, signal, onError, everyMs = EVERY_MS } = options;
  const kept = new KeptOutbox(options);
  let wake = new AbortController();
  const stop = holder.onChange(() => wake.abort());
  while (!signal.aborted) {
    wake = new AbortController();
    try {
      await kept.write();
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    // A change is written after a moment, with those that come with it.
    await clock.sleep(everyMs, AbortSignal.any([signal, wake.signal])).catch(() => undefined);
    await clock.sleep(everyMs / 5, signal).catch(() => undefined);
  }
  stop();
}

class KeptOutbox {
  readonly #options: OutboxOptions;
  #written: string | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  async write(): Promise<void> {
    const { client, namespace, holder, sign, now, signal } = this.#options;
    const identity = await this.#options.identity();
    // Times and signatures differ each time; what is said does not.
    const said = JSON.stringify([identity.enroll, outboxMessages(holder, { ...identity, csr: undefined })]);
    if (said === this.#written) return;
    const text = outboxFile(holder, identity, now(), sign);
    const call = { signal, timeoutMs: CALL_MS };
    await writeFileSecret(client, { namespace, name: AGENT_OUTBOX, text }, call);
    this.#written = said;
  }
}
