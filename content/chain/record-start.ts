const SHAPE = '{"time":"0000-00-00T00:00:00.000Z","';
/** What may be lacking behind a place within a record: they hold texts, whole numbers and lists of texts. */
const ENDS = ['}', '0}', ':0}', '":0}', '"0":0}', '"}', ']}', '"]}', '""]}', '"":0}'];

/**
 * Whether bytes are how a record of an audit log begins, up to somewhere within it: what a power cut or a full disk leaves
 * of a line. Zeros at the end count as nothing: some file systems leave them where data did not get to the disk.
 */
export function isRecordStart(bytes: Uint8Array): boolean {
  const text = textOf(bytes);
  if (text === undefined || bytes.byteLength === 0) return false;
  const shape = text.slice(0, SHAPE.length).replace(/\d/g, '0');
  if (!SHAPE.startsWith(shape)) return false;
  return text.length <= SHAPE.length || isJsonStart(text);
}

// Undefined for what is no UTF-8; a character that is cut short at the end is left out.
function textOf(bytes: Uint8Array): string | undefined {
  let end = bytes.byteLength;
  while (end > 0 && bytes[end - 1] === 0) end--;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
  } catch {
    return undefined;
  }
}

function isJsonStart(text: string): boolean {
  const whole = withoutCutEscape(text);
  return ENDS.some((end) => isJson(whole + end));
}

// A backslash begins an escape unless it ends one itself.
function withoutCutEscape(text: string): string {
  const { before = '', slashes = '' } =
    /^(?<before>.*?)(?<slashes>\\+)(?:u[0-9a-f]{0,3})?$/s.exec(text)?.groups ?? {};
  return slashes.length % 2 === 1 ? before + slashes.slice(1) : text;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
