import WebSocket from 'ws';
import { tryJson } from '../../../content/json.ts';
import { type AgentMessage, HubMessage, isNewHubMessage } from '../../desired/message.ts';
import { type Dial, type DialOptions, dialHub, type HubLine } from './hub-line.ts';

export interface ConnectionOptions extends Omit<DialOptions, 'connectMs'> {
  /** 15 s when absent. */
  readonly connectMs?: number | undefined;
  /** Opens what messages go over; a WebSocket when absent. */
  readonly dial?: Dial | undefined;
}

/** How a connection ended: what the hub refused it with, and when it should be tried again. */
export interface Ended {
  readonly code: number;
  readonly retryMs?: number | undefined;
}

export const CONNECT_MS = 15_000;
const MAX_WAITING = 32;

/** A connection to the hub's door for agents. */
export class Connection {
  readonly #line: HubLine;
  readonly ended: Promise<Ended>;
  #isAnswered = true;
  #retryMs: number | undefined;
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(line: HubLine) {
    this.#line = line;
    this.ended = new Promise((resolve) => {
      line.once('close', (code) => resolve({ code, retryMs: this.#retryMs }));
    });
    line.on('error', () => line.terminate());
    line.on('pong', () => {
      this.#isAnswered = true;
    });
  }

  /** Throws HUB_UNREACHABLE, HUB_REFUSED. */
  static async open({
    dial = dialHub,
    connectMs = CONNECT_MS,
    ...to
  }: ConnectionOptions): Promise<Connection> {
    return new Connection(await dial({ ...to, connectMs }));
  }

  /** Calls `take` with each message, one after the other. */
  receive(take: (message: HubMessage) => Promise<void>, onError: (error: unknown) => void): void {
    this.#line.on('message', (data, isBinary) => {
      const value = isBinary ? undefined : tryJson(String(data));
      if (isNewHubMessage(value)) return;
      const read = HubMessage.safeParse(value);
      if (!read.success || this.#waiting >= MAX_WAITING) return this.#line.close(1008);
      if (read.data.kind === 'retry') this.#retryMs = read.data.afterMs;
      this.#waiting++;
      this.#turn = this.#turn
        .then(async () => await take(read.data))
        .catch((error: unknown) => {
          onError(error);
          this.#line.terminate();
        })
        .finally(() => this.#waiting--);
    });
  }

  send(messages: readonly AgentMessage[]): void {
    for (const message of messages) {
      if (this.#line.readyState === WebSocket.OPEN) this.#line.send(JSON.stringify(message));
    }
  }

  /** Says that the agent is alive; cuts the connection when the last time was not answered. */
  ping(): void {
    if (!this.#isAnswered) this.#line.terminate();
    this.#isAnswered = false;
    if (this.#line.readyState === WebSocket.OPEN) this.#line.ping();
  }

  terminate(): void {
    this.#line.terminate();
  }
}
