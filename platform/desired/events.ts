import { digestOf } from '../../content/digest.ts';
import { platformError } from '../errors.ts';
import { encode } from './canonical.ts';
import type { AgentEvent } from './report.ts';

/** The last event of a chain, by which the next one is chained to it. */
export interface EventMark {
  readonly number: number;
  /** As the next event says it in `previous`; empty where there is none. */
  readonly hash: string;
}

export const NO_EVENT: EventMark = { number: 0, hash: '' };

/** The next event of a chain. */
export function appendEvent(last: EventMark, event: Omit<AgentEvent, 'number' | 'previous'>): AgentEvent {
  return { ...event, number: last.number + 1, previous: last.hash };
}

export function markOf(event: AgentEvent): EventMark {
  return { number: event.number, hash: digestOf(encode(event)) };
}

/** The last event, when all follow on each other and on `after`. Throws EVENTS_BROKEN. */
export function checkEvents(after: EventMark, events: readonly AgentEvent[]): EventMark {
  let last = after;
  for (const event of events) {
    if (event.number !== last.number + 1 || event.previous !== last.hash)
      throw platformError('EVENTS_BROKEN', {
        subject: `event ${event.number}`,
        detail: `it does not follow on event ${last.number}`,
      });
    last = markOf(event);
  }
  return last;
}

const EVERYDAY: ReadonlySet<AgentEvent['kind']> = new Set(['accepted', 'applied']);

/** What every change brings with every agent, and what the hub knows from reports too: nobody waits for it. */
export function isEveryday({ kind }: AgentEvent): boolean {
  return EVERYDAY.has(kind);
}
