import type { ServerResponse } from 'node:http';
import { SendTurns } from './send-turns.ts';

const turns = new SendTurns();

/** A response that is written to piece by piece, until it takes the last one or its client is gone. */
export class Outlet {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  #fail: ((reason: unknown) => void) | undefined;

  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onGone);
  }

  // Node drops what is written to a connection that is about to be closed, without a word: only the signal tells.
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) return reject(this.#signal.reason);
      this.#fail = reject;
      turns.wait(bytes.byteLength, () => {
        if (this.#signal.aborted) return;
        this.#response.write(bytes, (error) => (error == null ? resolve() : reject(error)));
      });
    });
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#onGone);
  }

  readonly #onGone = () => this.#fail?.(this.#signal.reason);
}
