/** What is said about each request, and about what happens between requests. No secret is ever in it. */
export type LogRecord = Readonly<Record<string, string | number | boolean | undefined>>;
export type Log = (record: LogRecord) => void;
