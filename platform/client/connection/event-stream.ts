/** One event of a stream (HTML standard, "Server-sent events"). */
export interface StreamEvent {
  /** `message` where the stream says nothing else. */
  readonly event: string;
  readonly data: string;
  /** Where to go on from, as the last event that had one said. */
  readonly id: string | undefined;
}

/** A whole list may come as one event: a thousand clusters have some megabytes. */
const MAX_EVENT_CHARS = 64 * 1024 * 1024;

/**
 * The events of a byte stream, in constant memory. What is cut off at the end is no event. Throws a RangeError for an
 * event beyond the limit.
 */
export async function* readEvents(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<StreamEvent, void, undefined> {
  let event = '';
  let data: string[] = [];
  let id: string | undefined;
  let size = 0;
  for await (const line of readLines(bytes)) {
    if (line === '') {
      if (data.length > 0) yield { event: event || 'message', data: data.join('\n'), id };
      event = '';
      data = [];
      size = 0;
      continue;
    }
    size += line.length;
    if (size > MAX_EVENT_CHARS) throw new RangeError(`an event has more than ${MAX_EVENT_CHARS} characters`);
    const [field, value] = fieldOf(line);
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon === -1) return [line, ''];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}

// Lines end in LF, CR or both, and a pair may be cut in two by the network.
async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let begun: string[] = [];
  let size = 0;
  let endedInCr = false;
  for await (const chunk of bytes) {
    let text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    if (endedInCr && text.startsWith('\n')) text = text.slice(1);
    endedInCr = text.endsWith('\r');
    const lines = text.split(/\r\n|\n|\r/);
    const last = lines.pop() ?? '';
    for (const line of lines) {
      yield [...begun, line].join('');
      begun = [];
      size = 0;
    }
    begun.push(last);
    size += last.length;
    if (size > MAX_EVENT_CHARS) throw new RangeError(`a line has more than ${MAX_EVENT_CHARS} characters`);
  }
}
