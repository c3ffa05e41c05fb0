import type { Socket } from 'node:net';

export interface AdmissionOptions {
  /** So many connections a second begin their TLS handshake. */
  readonly perSecond: number;
  /** So many more may wait; what comes then is closed. */
  readonly maxWaiting: number;
  readonly admit: (socket: Socket) => void;
}

const TICK_MS = 50;

/**
 * Lets connections in at an even rate. A handshake is what costs most: when a thousand agents come back at once, the
 * hub must still answer those that it has let in.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #waiting = new Set<Socket>();
  #timer: NodeJS.Timeout | undefined;
  #left: number;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#left = this.#perTick;
  }

  take(socket: Socket): void {
    this.#start();
    if (this.#waiting.size === 0 && this.#left > 0) {
      this.#left--;
      this.#options.admit(socket);
      return;
    }
    if (this.#waiting.size >= this.#options.maxWaiting) {
      socket.destroy();
      return;
    }
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#waiting.delete(socket));
    this.#waiting.add(socket);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  get #perTick(): number {
    return Math.max(1, Math.round((this.#options.perSecond * TICK_MS) / 1000));
  }

  #start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  #tick(): void {
    this.#left = this.#perTick;
    for (const socket of this.#waiting) {
      if (this.#left === 0) return;
      this.#left--;
      this.#waiting.delete(socket);
      this.#options.admit(socket);
    }
    if (this.#left < this.#perTick) return;
    // Nobody came for a while: the timer goes on with the next one.
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
