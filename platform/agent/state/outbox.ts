import { appendEvent, type EventMark, markOf } from '../../desired/events.ts';
import type { AgentEvent } from '../../desired/report.ts';
import type { Journal } from './journal.ts';

/** So many events are kept for a hub that has not got them; then the oldest go, and a `gap` says how many. */
export const MAX_EVENTS = 200;
const KEPT_AT_GAP = 100;
/** They share an object with the report, and etcd takes no object that is much larger than a megabyte. */
const MAX_BYTES = 192 * 1024;

export type Happening = Omit<AgentEvent, 'number' | 'previous'>;
type Outbox = Pick<Journal, 'events' | 'lastEvent'>;

/** The outbox with one more event. */
export function withEvent(outbox: Outbox, happening: Happening): Outbox {
  const { events, lastEvent } = appended(outbox, happening);
  const isLarge = Buffer.byteLength(JSON.stringify(events)) > MAX_BYTES;
  if (events.length <= MAX_EVENTS && !isLarge) return { events, lastEvent };
  const dropped = events.length - Math.min(KEPT_AT_GAP, Math.floor(events.length / 2));
  const kept = events.slice(dropped);
  const detail = `${dropped} events up to number ${events[dropped - 1]?.number ?? 0} were not kept`;
  return appended({ events: kept, lastEvent }, { at: happening.at, kind: 'gap', subject: 'events', detail });
}

/** The outbox without what the hub has. */
export function withoutKnown(outbox: Outbox, number: number): Outbox {
  return { ...outbox, events: outbox.events.filter((event) => event.number > number) };
}

/** Whether an event that the hub has is one that was here, as far as can be told. */
export function isPartOf({ events, lastEvent }: Outbox, { number, hash }: EventMark): boolean {
  if (number > lastEvent.number) return false;
  const own =
    number === lastEvent.number
      ? lastEvent.hash
      : events.find((event) => event.number === number + 1)?.previous;
  return hash === '' || own === undefined || own === '' || own === hash;
}

/**
 * The hub has events that were never here: the count goes on from there. What came after the event `known` is
 * news all the same; of what was kept before, nobody can say whether the hub has it.
 */
export function countedOnFrom(outbox: Outbox, number: number, known: number, at: string): Outbox {
  const detail = `events up to number ${number} are not known here any more`;
  const news = outbox.events.filter((event) => event.number > known);
  return behindGap(news, number, { at, detail });
}

/** The same events as a chain of their own, behind a `gap`: for a hub whose last event is not the one before them. */
export function chainedAgain({ events, lastEvent }: Outbox, at: string): Outbox {
  const first = events[0]?.number ?? lastEvent.number + 1;
  const detail = `events before number ${first} are not the ones that the hub has`;
  return behindGap(events, first - 1, { at, detail });
}

/** Events as a chain of their own, begun by a `gap` behind the event with this number. */
function behindGap(
  events: readonly AgentEvent[],
  number: number,
  gap: Pick<Happening, 'at' | 'detail'>,
): Outbox {
  const begun = appended(
    { events: [], lastEvent: { number, hash: '' } },
    { ...gap, kind: 'gap', subject: 'events' },
  );
  return events.reduce((outbox, { number: _number, previous: _previous, ...happening }) => {
    return appended(outbox, happening);
  }, begun);
}

function appended({ events, lastEvent }: Outbox, happening: Happening): Outbox {
  const event = appendEvent(lastEvent, {
    ...happening,
    subject: happening.subject.slice(0, 400),
    ...(happening.detail === undefined ? {} : { detail: happening.detail.slice(0, 500) }),
  });
  return { events: [...events, event], lastEvent: markOf(event) };
}
