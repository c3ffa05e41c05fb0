import { type Descriptor, DescriptorSchema } from '../descriptor.ts';
import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';
import { parseIndex } from './layout-index.ts';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const LIST_NAME = '"manifests"';

/**
 * What an `index.json` names, one after the other: those of a layout of a hundred thousand images, all at once, take
 * ten times the memory of their text. Throws LAYOUT_INVALID where it comes to what is wrong, as `parseIndex` does.
 */
export function* entriesOf(text: Buffer, subject: string): Generator<Descriptor, void> {
  const list = findList(text);
  if (list === undefined) {
    yield* parseIndex(text.toString(), subject);
    return;
  }
  let at = 0;
  for (const [start, end] of itemsOf(text, list)) {
    const result = DescriptorSchema.safeParse(tryJson(text.toString('utf8', start, end)));
    if (!result.success) {
      const detail = `index.json: manifests[${at}]: ${result.error.issues[0]?.message}`;
      throw contentError('LAYOUT_INVALID', { subject, detail });
    }
    yield result.data;
    at++;
  }
  const rest = parseIndex(
    `${text.toString('utf8', 0, list.start)}${text.toString('utf8', list.end)}`,
    subject,
  );
  if (rest.length > 0)
    throw contentError('LAYOUT_INVALID', { subject, detail: 'index.json: two lists of manifests' });
}

/** What stands between the brackets of a list: bytes from the first to the one after the last. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** The list of manifests in the object that the text is. */
function findList(text: Buffer): Span | undefined {
  let depth = 0;
  for (let at = 0; at < text.byteLength; at++) {
    const byte = text[at];
    if (byte === QUOTE) {
      const end = endOfString(text, at);
      const open = depth === 1 && text.toString('latin1', at, end) === LIST_NAME ? listAfter(text, end) : -1;
      if (open >= 0) return { start: open + 1, end: endOfList(text, open + 1) };
      at = end - 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
  }
  return undefined;
}

function listAfter(text: Buffer, from: number): number {
  const found = /^\s*:\s*\[/.exec(text.toString('latin1', from, from + 64));
  return found === null ? -1 : from + found[0].length - 1;
}

/** Where the items of a list stand, without the commas between them. */
function* itemsOf(text: Buffer, { start, end }: Span): Generator<[start: number, end: number], void> {
  let from = start;
  let depth = 0;
  for (let at = start; at < end; at++) {
    const byte = text[at];
    if (byte === QUOTE) at = endOfString(text, at) - 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
    else if (byte === COMMA && depth === 0) {
      yield [from, at];
      from = at + 1;
    }
  }
  if (from > start || text.toString('latin1', start, end).trim() !== '') yield [from, end];
}

function endOfList(text: Buffer, start: number): number {
  let depth = 1;
  for (let at = start; at < text.byteLength; at++) {
    const byte = text[at];
    if (byte === QUOTE) at = endOfString(text, at) - 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --depth === 0) return at;
  }
  return text.byteLength;
}

/** The byte after a string that begins at `from`. */
function endOfString(text: Buffer, from: number): number {
  for (let at = from + 1; at < text.byteLength; at++) {
    if (text[at] === BACKSLASH) at++;
    else if (text[at] === QUOTE) return at + 1;
  }
  return text.byteLength;
}
