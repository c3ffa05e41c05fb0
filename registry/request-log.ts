/** What is said about each request, and about what happens between requests. No secret is ever in it. */
export type LogRecord = Readonly<Record<string, string | number | boolean | undefined>>;
export type Log = (record: LogRecord) => void;

/** Writes each record as one line of JSON. */
export function jsonLog(write: (line: string) => void): Log {
  return (record) => write(`${JSON.stringify(record)}\n`);
}

/** The id under which a request is found in the log: the caller's own, if it is harmless, so that one id goes through. */
export function requestIdOf(header: string | undefined, random: () => string): string {
  return header !== undefined && /^[A-Za-z0-9._-]{8,64}$/.test(header) ? header : random();
}
