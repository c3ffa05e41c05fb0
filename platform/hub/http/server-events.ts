/** One event of a stream (HTML standard, "Server-sent events"). */
export interface ServerEvent {
  readonly event: string;
  /** JSON. */
  readonly data: unknown;
  /** Sent back as Last-Event-ID by a client that comes again. */
  readonly id?: string | undefined;
}

/** Events as they are sent. JSON has no line ends, so one data line is enough. */
export function eventText({ event, data, id }: ServerEvent): string {
  const position = id === undefined || !/^[\x21-\x7e]+$/.test(id) ? '' : `id: ${id}\n`;
  return `${position}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
