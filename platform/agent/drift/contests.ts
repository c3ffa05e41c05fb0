/** A field that is put back more often than this belongs to somebody who sets it again each time. */
const MOST_CORRECTIONS = 3;
const WINDOW_MS = 10 * 60_000;

/** One change that may come again: which object, which fields, whose hand. */
export interface Move {
  readonly object: string;
  readonly fields: readonly string[];
  readonly by: string | undefined;
}

/** Corrections of the last minutes, so that two writers who both mean it don't fight for ever. */
export class Contests {
  /** By object, then by fields and manager. */
  readonly #times = new Map<string, Map<string, number[]>>();

  /** Notes a correction at a time in milliseconds. */
  corrected(move: Move, now: number): void {
    const moves = this.#times.get(move.object) ?? new Map<string, number[]>();
    this.#times.set(move.object, moves);
    const key = keyOf(move);
    moves.set(key, [...(moves.get(key) ?? []).filter((time) => isRecent(time, now)), now]);
  }

  /** For how long nothing more is put back, in milliseconds; 0 when it may be. */
  restMs(move: Move, now: number): number {
    const times = this.#times.get(move.object)?.get(keyOf(move)) ?? [];
    const recent = times.filter((time) => isRecent(time, now));
    const [oldest] = recent.slice(-MOST_CORRECTIONS);
    return recent.length < MOST_CORRECTIONS || oldest === undefined ? 0 : oldest + WINDOW_MS - now;
  }

  /** The object, or what is to be done about it, is another now. */
  forget(object: string): void {
    this.#times.delete(object);
  }
}

function isRecent(time: number, now: number): boolean {
  return now - time < WINDOW_MS;
}

function keyOf({ fields, by = '' }: Move): string {
  return JSON.stringify([by, ...[...fields].sort()]);
}
