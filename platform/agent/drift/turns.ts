import type { Clock } from '../../../apply/clock.ts';

interface TurnsInput {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How many are worked on at once. */
  readonly width: number;
  /** Never rejects for what one of them meets. */
  readonly work: (id: string) => Promise<void>;
  readonly onIdle: () => void;
}

interface Turn {
  /** Undefined when nothing is planned. */
  due: number | undefined;
  soon: boolean;
  isQueued: boolean;
  isRunning: boolean;
}

/** Calls work for each id that was woken, later and never twice at once; wakes that come before it does are one. */
export class Turns {
  readonly #input: TurnsInput;
  readonly #turns = new Map<string, Turn>();
  readonly #queue: string[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(input: TurnsInput) {
    this.#input = input;
  }

  /** Something has happened. */
  wake(id: string, ms: number): void {
    this.#plan(id, ms, true);
  }

  /** Nothing has happened, and it is to be tried again; nobody waits for that. */
  wakeLater(id: string, ms: number): void {
    this.#plan(id, ms, false);
  }

  /** Whether nothing that has happened is still waiting. */
  isIdle(): boolean {
    return this.#running.size === 0 && [...this.#turns.values()].every(({ soon }) => !soon);
  }

  /** Resolves when no work runs any more, after an abort. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #plan(id: string, ms: number, soon: boolean): void {
    const { clock, signal } = this.#input;
    if (signal.aborted) return;
    const turn = this.#turns.get(id) ?? { due: undefined, soon: false, isQueued: false, isRunning: false };
    this.#turns.set(id, turn);
    turn.soon ||= soon;
    const due = clock.now() + ms;
    if (turn.isQueued || (turn.due !== undefined && turn.due <= due)) return;
    turn.due = due;
    clock.sleep(ms, signal).then(
      () => {
        // An earlier one has come before this.
        if (turn.due !== due) return;
        turn.due = undefined;
        turn.isQueued = true;
        this.#queue.push(id);
        this.#next();
      },
      () => undefined,
    );
  }

  #next(): void {
    const { width, signal } = this.#input;
    while (this.#running.size < width && !signal.aborted) {
      const index = this.#queue.findIndex((id) => this.#turns.get(id)?.isRunning === false);
      const [id] = index === -1 ? [] : this.#queue.splice(index, 1);
      if (id === undefined) return;
      const task = this.#work(id);
      this.#running.add(task);
      void task.then(() => {
        this.#running.delete(task);
        this.#next();
        if (this.isIdle()) this.#input.onIdle();
      });
    }
  }

  async #work(id: string): Promise<void> {
    const turn = this.#turns.get(id);
    if (turn === undefined) return;
    turn.isQueued = false;
    turn.soon = false;
    turn.isRunning = true;
    try {
      await this.#input.work(id);
    } finally {
      turn.isRunning = false;
      if (turn.due === undefined && !turn.isQueued) this.#turns.delete(id);
    }
  }
}
