import { type EventMark, NO_EVENT } from '../../desired/events.ts';
import type { Unchained } from './audit-line.ts';

/** What streams begin with that come to an end: their marks leave with their pages. */
export const PASSING = 'passing ';

/** Up to which event of each agent the audit holds: what makes each event be written down just once. */
export class EventMarks {
  readonly #marks = new Map<string, EventMark>();

  get(stream: string): EventMark {
    return this.#marks.get(stream) ?? NO_EVENT;
  }

  get all(): ReadonlyMap<string, EventMark> {
    return this.#marks;
  }

  /** Takes note of a line that is in the audit. */
  add({ event, marks = {} }: Pick<Unchained, 'event' | 'marks'>): void {
    for (const [stream, mark] of Object.entries(marks)) this.#raise(stream, mark);
    if (event !== undefined) this.#raise(event.stream, { number: event.number, hash: event.hash });
  }

  has({ event }: Pick<Unchained, 'event'>): boolean {
    return event !== undefined && event.number <= this.get(event.stream).number;
  }

  #raise(stream: string, mark: EventMark): void {
    if (mark.number > this.get(stream).number) this.#marks.set(stream, mark);
  }
}
