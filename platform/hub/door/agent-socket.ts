import type { Clock } from '../../../apply/clock.ts';
import { tryJson } from '../../../content/json.ts';
import { AgentMessage, type HubMessage, isNewAgentMessage } from '../../desired/message.ts';
import type { AgentLine } from './agent-line.ts';
import type { Desk } from './desk.ts';
import type { AgentIdentity } from './ports.ts';

/** Why a connection is closed (RFC 6455, 7.4: 4000 to 4999 are an application's own). */
export const CLOSE = {
  goingAway: 1001,
  invalid: 1008,
  failed: 1011,
  revoked: 4401,
  silent: 4408,
  replaced: 4409,
};

export interface AgentSocketOptions {
  readonly line: AgentLine;
  readonly agent: AgentIdentity;
  readonly desk: Pick<Desk, 'handle' | 'offer'>;
  readonly clock: Clock;
  /** Called whenever the agent has shown that it is alive. */
  readonly onAlive: () => void;
  readonly onError: (error: unknown) => void;
}

/** Messages of one agent that may wait for the one before; an agent that sends more does not wait for answers. */
const MAX_WAITING = 32;
/** Bytes that an agent has not taken yet. */
const MAX_UNSENT = 1024 * 1024;
/** A closed connection that the agent doesn't close as well is cut after so long. */
const CLOSE_MS = 2_000;

/** One agent's connection: its messages go to the desk one after the other, and the answers back. */
export class AgentSocket {
  readonly agent: AgentIdentity;
  readonly #options: AgentSocketOptions;
  #waiting = 0;
  #turn: Promise<void> = Promise.resolve();
  /** Number of the envelope that it holds, as its last hello said; -1 before that. */
  #held = -1;
  /** Signature of what was offered since. */
  #offered = '';
  #lastSign: number;

  constructor(options: AgentSocketOptions) {
    this.#options = options;
    this.agent = options.agent;
    this.#lastSign = options.clock.now();
    const { line } = options;
    line.on('message', (data, isBinary) => this.#take(isBinary ? undefined : String(data)));
    line.on('ping', () => this.#alive());
    line.on('error', () => line.terminate());
  }

  /** Offers what the agent should hold now, if that is news. */
  offer(): void {
    this.#next(async () => {
      if (this.#held >= 0) this.#send(await this.#options.desk.offer(this.agent, this.#held));
    });
  }

  isSilent(afterMs: number): boolean {
    return this.#options.clock.now() - this.#lastSign > afterMs;
  }

  close(code: number, last: HubMessage[] = []): void {
    const { line, clock } = this.#options;
    const closed = new AbortController();
    line.once('close', () => closed.abort());
    this.#send(last);
    line.close(code);
    // A half-open connection would keep the socket for long.
    clock.sleep(CLOSE_MS, closed.signal).then(
      () => line.terminate(),
      () => undefined,
    );
  }

  terminate(): void {
    this.#options.line.terminate();
  }

  #take(text: string | undefined): void {
    this.#alive();
    const value = text === undefined ? undefined : tryJson(text);
    if (isNewAgentMessage(value)) return;
    const read = AgentMessage.safeParse(value);
    if (!read.success || this.#waiting >= MAX_WAITING) {
      const detail = read.success ? 'too many at once' : 'not a message of an agent';
      this.close(CLOSE.invalid, [{ kind: 'refused', code: 'MESSAGE_INVALID', detail }]);
      return;
    }
    this.#next(async () => await this.#answer(read.data));
  }

  async #answer(message: AgentMessage): Promise<void> {
    const { desk } = this.#options;
    if (message.kind === 'hello') {
      this.#held = message.number;
      this.#offered = '';
    }
    const answers = await desk.handle(this.agent, message, 'network');
    // Who is not understood is offered nothing.
    if (message.kind === 'hello' && answers.some(({ kind }) => kind === 'refused')) this.#held = -1;
    this.#send(answers);
  }

  #next(work: () => Promise<void>): void {
    this.#waiting++;
    this.#turn = this.#turn.then(work).then(
      () => void this.#waiting--,
      (error: unknown) => {
        this.#waiting--;
        this.#options.onError(error);
        // What failed here may work on another replica or later: the agent comes back and says it again.
        this.close(CLOSE.failed);
      },
    );
  }

  #send(messages: readonly HubMessage[]): void {
    const { line } = this.#options;
    for (const message of messages) {
      if (message.kind === 'offer') {
        // An agent that refused it says so in its report, and is not asked again and again.
        const [signature] = message.envelope.signatures;
        if (signature?.sig === this.#offered) continue;
        this.#offered = signature?.sig ?? '';
      }
      if (line.readyState !== line.OPEN) return;
      if (line.bufferedAmount > MAX_UNSENT) this.terminate();
      line.send(JSON.stringify(message));
    }
  }

  #alive(): void {
    this.#lastSign = this.#options.clock.now();
    this.#options.onAlive();
  }
}
