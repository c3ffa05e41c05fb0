import { once } from 'node:events';
import type { FastifyReply } from 'fastify';
import { EVENT_STREAM } from './route.ts';
import { eventText, type ServerEvent } from './server-events.ts';

interface Stream {
  readonly events: AsyncIterable<ServerEvent>;
  readonly heartbeatMs: number;
  /** Throws when the user may no longer see this. */
  readonly isStillAllowed: () => Promise<void>;
  /** Aborted when the client goes or the hub stops. */
  readonly signal: AbortSignal;
  /** Ends what the events come from. */
  readonly stop: () => void;
}

/** A client that takes nothing for so long (milliseconds) is let go; it comes again with Last-Event-ID. */
const STALLED_MS = 30_000;

/**
 * Sends events until the client goes, the hub stops or the user loses the right. An event is only taken from its source
 * when the client has taken the one before. What fails before the first event is thrown, for an answer with a status.
 */
export async function sendEvents(reply: FastifyReply, stream: Stream): Promise<void> {
  const { events, heartbeatMs, isStillAllowed, signal, stop } = stream;
  const source = events[Symbol.asyncIterator]();
  const first = await source.next();
  reply.hijack();
  const { raw } = reply;
  const headers = { ...reply.getHeaders(), 'content-type': EVENT_STREAM, 'x-accel-buffering': 'no' };
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200);
  const heartbeat = setInterval(() => {
    isStillAllowed().then(() => {
      // A client that has not taken what is there needs no sign of life.
      if (!raw.writableNeedDrain) raw.write(eventText({ event: 'heartbeat', data: {} }));
    }, stop);
  }, heartbeatMs);
  try {
    for (let next = first; next.done !== true && !signal.aborted; next = await source.next()) {
      if (!raw.write(eventText(next.value))) await drained(raw, signal);
    }
  } catch (error) {
    // The client sees a stream that ends, and asks again; then there is an answer with a status.
    if (!signal.aborted) reply.log.warn({ err: error }, 'a stream of events ended');
  } finally {
    clearInterval(heartbeat);
    stop();
    await source.return?.();
    raw.end();
  }
}

async function drained(raw: FastifyReply['raw'], signal: AbortSignal): Promise<void> {
  await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(STALLED_MS)]) });
}
