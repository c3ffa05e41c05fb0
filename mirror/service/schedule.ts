import { Cron } from 'croner';
import { messageOf } from '../../content/error.ts';

/** A week and a day: schedules differ by days of the week. */
const LOOKED_AHEAD_MS = 8 * 24 * 3_600_000;
const MOST_INTERVALS = 3000;

/** When runs are due, by a cron expression of five parts. */
export class Schedule {
  readonly expression: string;
  readonly #cron: Cron;

  private constructor(expression: string, cron: Cron) {
    this.expression = expression;
    this.#cron = cron;
  }

  /** A schedule, or in words what is wrong with the expression. Times are those of the zone, e.g. Europe/Oslo. */
  static parse(expression: string, zone = 'UTC'): Schedule | string {
    try {
      const cron = new Cron(expression, { timezone: zone, mode: '5-part', paused: true });
      return cron.nextRun() === null ? 'it is never due' : new Schedule(expression, cron);
    } catch (error) {
      return messageOf(error);
    }
  }

  /** The first time after `time`, both in milliseconds since 1970. */
  after(time: number): number {
    return this.#cron.nextRun(new Date(time))?.getTime() ?? Number.POSITIVE_INFINITY;
  }

  /** Milliseconds between the next two times. */
  intervalAfter(time: number): number {
    const next = this.after(time);
    return this.after(next) - next;
  }

  /** The longest of the intervals that begin in the next days, and in any case of the next two. */
  longestIntervalAfter(time: number): number {
    let longest = 0;
    let due = this.after(time);
    for (let count = 0; count < 2 || (due < time + LOOKED_AHEAD_MS && count < MOST_INTERVALS); count++) {
      const next = this.after(due);
      longest = Math.max(longest, next - due);
      due = next;
    }
    return longest;
  }

  /**
   * When the next run begins: later than is due by a part of `spreadMs`, so that many mirrors of one source don't come
   * at once; never by more than half of the interval. `random` is from 0 to 1.
   */
  spreadAfter(time: number, spreadMs: number, random: number): number {
    return this.after(time) + Math.floor(random * Math.min(spreadMs, this.intervalAfter(time) / 2));
  }

  /** The latest time that `spreadAfter` gives. */
  latestAfter(time: number, spreadMs: number): number {
    return this.spreadAfter(time, spreadMs, 1);
  }
}
