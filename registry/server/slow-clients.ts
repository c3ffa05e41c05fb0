import type { Socket } from 'node:net';
import { resetConnection } from '../protocol/answer/reset-connection.ts';
import type { Exchange } from '../protocol/exchange.ts';

/** A client must move `bytes` in each `span` of milliseconds in which the registry waits for it. */
export interface Pace {
  readonly span: number;
  readonly bytes: number;
}

/**
 * Cuts clients that keep the registry waiting: those that send a body, or take one, a drop at a time. Time that the
 * registry itself needs (a slow disk, the hash of a whole blob) is not held against them, as an idle timer would.
 */
export class SlowClients {
  readonly #watched = new Map<Exchange, { moved: number; waiting: boolean }>();
  readonly #timer: NodeJS.Timeout;
  readonly #pace: Pace;
  readonly #onCut: (exchange: Exchange) => void;

  constructor(pace: Pace, onCut: (exchange: Exchange) => void) {
    this.#pace = pace;
    this.#onCut = onCut;
    this.#timer = setInterval(() => this.#look(), pace.span);
    this.#timer.unref();
  }

  watch(exchange: Exchange): void {
    this.#watched.set(exchange, { moved: movedBy(exchange.socket), waiting: false });
  }

  forget(exchange: Exchange): void {
    this.#watched.delete(exchange);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [exchange, before] of this.#watched) {
      const moved = movedBy(exchange.socket);
      const waiting = isWaitingFor(exchange);
      // Waited for at both ends of the span, and next to nothing moved between.
      if (waiting && before.waiting && moved - before.moved < this.#pace.bytes) {
        this.#onCut(exchange);
        resetConnection(exchange.socket);
      } else this.#watched.set(exchange, { moved, waiting });
    }
  }
}

/** Whether the registry waits for the client, and not the other way round. */
export function isWaitingFor({
  awaitingBody,
  response,
}: Pick<Exchange, 'awaitingBody' | 'response'>): boolean {
  return awaitingBody || response.writableLength > 0;
}

// bytesWritten counts what was given to the kernel and what still waits in memory; only the former has moved.
export function movedBy(socket: Socket): number {
  return socket.bytesRead + socket.bytesWritten - socket.writableLength;
}
