import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Turns from one list to the next. Node accepts one connection a turn: with one turn, a new connection would wait for as many
 * lists as there are before it. A single request doesn't notice them.
 */
const TURNS_BETWEEN = 4;

/**
 * Lets long lists be made one in a few turns of the event loop: a page may be of 100,000 names, and when hundreds ask for
 * one at the same moment, others must be answered in between.
 */
export class ListTurns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves when it is this request's turn. Throws when `signal` has aborted by then. */
  async wait(signal: AbortSignal): Promise<void> {
    const turn = this.#last.then(async () => {
      for (let count = 0; count < TURNS_BETWEEN; count++) await nextTurn();
    });
    this.#last = turn;
    await turn;
    signal.throwIfAborted();
  }
}
