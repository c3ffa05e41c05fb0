import { type Descriptor, DescriptorSchema } from '../descriptor.ts';
import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';
import { parseIndex } from './layout-index.ts';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const LIST_NAME = '"manifests"';

/** The next bytes of a text, some of them at least; none at its end. What was given before is no longer needed then. */
export type ReadOn = () => Buffer;

/**
 * What an `index.json` names, one after the other: those of a layout of a hundred thousand images, all at once, take
 * ten times the memory of their text. Throws LAYOUT_INVALID where it comes to what is wrong, as `parseIndex` does.
 */
export function* entriesOf(readOn: ReadOn, subject: string): Generator<Descriptor, void> {
  const first = Buffer.from(readOn());
  const start = findList(first);
  if (start === undefined) {
    yield* parseIndex(restOf(first, readOn), subject);
    return;
  }
  let at = 0;
  const items = itemsOf(first.subarray(start), readOn);
  let item = items.next();
  for (; item.done !== true; item = items.next(), at++) yield parseEntry(item.value, at, subject);
  const rest = parseIndex(`${first.toString('utf8', 0, start)}${item.value}`, subject);
  if (rest.length > 0)
    throw contentError('LAYOUT_INVALID', { subject, detail: 'index.json: two lists of manifests' });
}

function parseEntry(text: string, at: number, subject: string): Descriptor {
  const result = DescriptorSchema.safeParse(tryJson(text));
  if (result.success) return result.data;
  const detail = `index.json: manifests[${at}]: ${result.error.issues[0]?.message}`;
  throw contentError('LAYOUT_INVALID', { subject, detail });
}

function restOf(begun: Buffer, readOn: ReadOn): string {
  const parts = [Buffer.from(begun)];
  for (let next = readOn(); next.byteLength > 0; next = readOn()) parts.push(Buffer.from(next));
  return Buffer.concat(parts).toString();
}

/**
 * Where the list of manifests begins in the object that the text is: the byte behind its bracket. Undefined when that is
 * not seen in its first bytes, as nobody writes it.
 */
function findList(text: Buffer): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.byteLength; at++) {
    const byte = text[at];
    if (byte === QUOTE) {
      const end = endOfString(text, at);
      const isName = depth === 1 && text.toString('latin1', at, end) === LIST_NAME;
      const bracket = isName ? /^\s*:\s*\[/.exec(text.toString('latin1', end, end + 64)) : null;
      if (bracket !== null) return end + bracket[0].length;
      at = end - 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
  }
  return undefined;
}

/** The items of a list, whose first bytes are `text`; returns what stands from its closing bracket on. */
function* itemsOf(text: Buffer, readOn: ReadOn): Generator<string, string> {
  let [window, from, count] = [text, 0, 0];
  for (;;) {
    const end = endOfItem(window, from);
    if (end === undefined) {
      const begun = window.subarray(from);
      const more = readOn();
      if (more.byteLength === 0) return begun.toString();
      window = Buffer.concat([begun, more]);
      from = 0;
      continue;
    }
    const isLast = window[end] !== COMMA;
    const item = window.toString('utf8', from, end);
    // An empty list has no item; behind a comma there has to be one.
    if (count > 0 || !isLast || item.trim() !== '') yield item;
    count++;
    from = end + 1;
    if (isLast) return restOf(window.subarray(end), readOn);
  }
}

/** Where the comma or the bracket behind an item stands; undefined when the text ends before. */
function endOfItem(text: Buffer, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.byteLength; at++) {
    const byte = text[at];
    if (byte === QUOTE) at = endOfString(text, at) - 1;
    else if (byte === COMMA && depth === 0) return at;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth === 0) return at;
      depth--;
    }
  }
  return undefined;
}

/** The byte after a string that begins at `from`, or after all of the text. */
function endOfString(text: Buffer, from: number): number {
  for (let at = from + 1; at < text.byteLength; at++) {
    if (text[at] === BACKSLASH) at++;
    else if (text[at] === QUOTE) return at + 1;
  }
  return text.byteLength;
}
