import type { Log, LogRecord } from '../log.ts';

/** Writes each record as one line of JSON. */
export function jsonLog(write: (line: string) => void): Log {
  return (record) => write(`${JSON.stringify(record)}\n`);
}

/** Writes each record as one line for a person at a terminal. */
export function textLog(write: (line: string) => void): Log {
  return (record) => write(`${textOf(record).replace(CONTROL, '\u{fffd}')}\n`);
}

/**
 * Writes lines together that come in one turn of the event loop: a write costs more than its line. What waits when the
 * process ends is written by what `atEnd` was given.
 */
export function gatherLines(
  write: (lines: string) => void,
  atEnd: (flush: () => void) => void,
): (line: string) => void {
  let waiting = '';
  const flush = () => {
    const lines = waiting;
    waiting = '';
    if (lines !== '') write(lines);
  };
  atEnd(flush);
  return (line) => {
    if (waiting === '') setImmediate(flush);
    waiting += line;
  };
}

/** Leaves out the requests that went as they should, or that a client got wrong. */
export function quietLog(log: Log): Log {
  return (record) => {
    if (record.event !== 'request' || record.level === 'error') log(record);
  };
}

/** The id under which a request is found in the log: the caller's own, if it is harmless, so that one id goes through. */
export function requestIdOf(header: string | undefined, random: () => string): string {
  return header !== undefined && /^[A-Za-z0-9._-]{8,64}$/.test(header) ? header : random();
}

// What clients send is in the lines, and lines are on terminals, which control characters would steer.
const CONTROL = /\p{Cc}/gu;

function textOf({ time, event, message, level, ...rest }: LogRecord): string {
  // Most lines are of the level info, which says nothing to who watches.
  const said =
    event === 'request'
      ? requestText(rest)
      : fieldsText({ ...rest, level: level === 'info' ? undefined : level });
  return [timeOf(time), event === 'request' ? undefined : (event ?? message), said].filter(Boolean).join(' ');
}

function timeOf(time: LogRecord[string]): string | undefined {
  return typeof time === 'string' ? `${time.slice(0, 19)}Z` : undefined;
}

function requestText(record: LogRecord): string {
  const { status, method, path, milliseconds, bytesIn, bytesOut, ...rest } = record;
  const { requestId, user, remote, warning, error, stack } = rest;
  const who = user === undefined ? remote : `${user}@${remote}`;
  const line = `${status} ${method} ${path} ${milliseconds} ms, ${bytesIn} in, ${bytesOut} out, ${who}`;
  return [line, fieldsText({ warning, error, ...(error === undefined ? {} : { requestId }), stack })]
    .filter((part) => part !== '')
    .join(' ');
}

function fieldsText(record: LogRecord): string {
  return Object.entries(record)
    .flatMap(([key, value]) => (value === undefined ? [] : `${key}=${quoted(value)}`))
    .join(' ');
}

function quoted(value: string | number | boolean): string {
  return typeof value === 'string' && !/^[^\s"=]+$/.test(value) ? JSON.stringify(value) : String(value);
}
