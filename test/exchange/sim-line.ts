import { EventEmitter } from 'node:events';
import type { HubLine } from '../../platform/agent/exchange/hub-line.ts';
import type { AgentLine } from '../../platform/hub/door/agent-line.ts';
import type { SimClock } from './sim-clock.ts';

export const DIRECTIONS = ['to-hub', 'to-agent'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** How a wire does at the moment; what is named in `lost` disappears, what is named in `held` comes once it is mended. */
export interface WireState {
  readonly lost: ReadonlySet<Direction>;
  readonly held: ReadonlySet<Direction>;
  readonly delayMs: number;
}

type Frame = { readonly text: string } | 'ping' | 'pong' | 'reset' | { readonly close: number };

const [CONNECTING_OR_OPEN, CLOSING, CLOSED] = [1, 2, 3];
const ABNORMAL = 1006;

/** One connection over a wire, as TCP and WebSocket give it: in order, until something of it is lost. */
export class SimLine {
  readonly agent: SimEnd;
  readonly hub: SimEnd;
  readonly #clock: SimClock;
  readonly #wire: () => WireState;
  /** What was sent that way is lost for good; nothing comes after it. */
  readonly #dead = new Set<Direction>();
  readonly #waiting: Record<Direction, (() => void)[]> = { 'to-hub': [], 'to-agent': [] };
  readonly #arrives: Record<Direction, number> = { 'to-hub': 0, 'to-agent': 0 };

  constructor(clock: SimClock, wire: () => WireState) {
    this.#clock = clock;
    this.#wire = wire;
    this.agent = new SimEnd((frame) => this.#carry('to-hub', () => this.hub.take(frame)));
    this.hub = new SimEnd((frame) => this.#carry('to-agent', () => this.agent.take(frame)));
  }

  get isOver(): boolean {
    return this.agent.readyState === CLOSED && this.hub.readyState === CLOSED;
  }

  /** Ends it with a reset to both sides. */
  reset(): void {
    this.agent.end(ABNORMAL);
    this.hub.end(ABNORMAL);
  }

  /** Nothing gets through any more, and neither side knows. */
  die(): void {
    for (const direction of DIRECTIONS) this.#dead.add(direction);
  }

  /** What was held back goes on. */
  mended(): void {
    for (const direction of DIRECTIONS) for (const go of this.#waiting[direction].splice(0)) go();
  }

  #carry(direction: Direction, arrive: () => void): void {
    const { lost, held, delayMs } = this.#wire();
    if (lost.has(direction)) this.#dead.add(direction);
    if (this.#dead.has(direction)) return;
    const go = () => {
      const at = Math.max(this.#clock.now() + delayMs, this.#arrives[direction]);
      this.#arrives[direction] = at;
      this.#clock.later(at - this.#clock.now(), () => {
        if (!this.#dead.has(direction)) arrive();
      });
    };
    if (held.has(direction) || this.#waiting[direction].length > 0) this.#waiting[direction].push(go);
    else go();
  }
}

/** One end of it, as a WebSocket looks. */
class SimEnd extends EventEmitter implements HubLine, AgentLine {
  readonly #send: (frame: Frame) => void;
  readonly OPEN = CONNECTING_OR_OPEN;
  readonly bufferedAmount = 0;
  readyState = CONNECTING_OR_OPEN;

  constructor(send: (frame: Frame) => void) {
    super();
    this.#send = send;
  }

  send(text: string): void {
    if (this.readyState === this.OPEN) this.#send({ text });
  }

  ping(): void {
    if (this.readyState === this.OPEN) this.#send('ping');
  }

  close(code: number): void {
    if (this.readyState !== this.OPEN) return;
    this.readyState = CLOSING;
    this.#send({ close: code });
  }

  terminate(): void {
    if (this.readyState === CLOSED) return;
    this.#send('reset');
    this.end(ABNORMAL);
  }

  end(code: number): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.emit('close', code);
  }

  take(frame: Frame): void {
    if (this.readyState === CLOSED) {
      // As TCP answers what comes to a connection that is not there any more.
      if (frame !== 'reset') this.#send('reset');
    } else if (frame === 'reset') this.end(ABNORMAL);
    else if (frame === 'pong') this.emit('pong');
    else if (frame === 'ping') {
      this.#send('pong');
      this.emit('ping');
    } else if ('text' in frame) this.emit('message', frame.text, false);
    else {
      if (this.readyState === this.OPEN) this.#send(frame);
      this.end(frame.close);
    }
  }
}
