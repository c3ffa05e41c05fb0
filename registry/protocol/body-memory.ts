import { ProtocolError } from './protocol-error.ts';

/**
 * How much memory the bodies that are read whole (manifests) may take together. Each is small, but thousands of
 * connections may send one at once. Who comes when it is full is asked to come again.
 */
export class BodyMemory {
  #free: number;

  /** In bytes. */
  constructor(size: number) {
    this.#free = size;
  }

  /** A share of the memory, empty at first, that is given back when it is disposed of. */
  share(): BodyShare {
    return new BodyShare((bytes) => {
      if (bytes > this.#free) return false;
      this.#free -= bytes;
      return true;
    });
  }
}

export class BodyShare implements Disposable {
  readonly #move: (bytes: number) => boolean;
  #taken = 0;

  constructor(move: (bytes: number) => boolean) {
    this.#move = move;
  }

  /** Throws a ProtocolError (429) when there is not so much left. */
  take(bytes: number): void {
    if (!this.#move(bytes)) {
      throw new ProtocolError('TOOMANYREQUESTS', {
        message: 'too many manifests are being pushed at once',
        headers: { 'retry-after': '1' },
      });
    }
    this.#taken += bytes;
  }

  [Symbol.dispose](): void {
    this.#move(-this.#taken);
    this.#taken = 0;
  }
}
