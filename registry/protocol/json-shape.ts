/** No manifest of real images is nested deeper than five. */
const MOST_DEPTH = 64;
/** A manifest of 4 MiB that is full of descriptors has 150,000. */
const MOST_VALUES = 200_000;

/**
 * What is wrong with the shape of a JSON text, undefined when nothing is: nested too deep, or of too many values. Looked
 * for in the bytes, in one pass without memory, as parsing such a text is what would cost seconds and hundreds of
 * megabytes. Whether it is JSON at all is left to the parser.
 */
export function troubleInShape(bytes: Uint8Array): string | undefined {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at + 1);
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        if (++depth > MOST_DEPTH) return `it is nested more than ${MOST_DEPTH} deep`;
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--;
        break;
      case COMMA:
      case COLON:
        if (++values > MOST_VALUES) return `it has more than ${MOST_VALUES} values`;
        break;
    }
  }
  return undefined;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

function endOfString(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
