/**
 * The same YAML, its quoted texts and flow collections indented. Kubernetes' own programs (go-yaml) take these however
 * little they are indented; YAML 1.2 (§8.1, n ≥ parent + 1) and our reader don't. White space at the start of their
 * lines means nothing (§7.3), so that nothing else changes.
 */
export function indentFlow(text: string): string {
  const out: string[] = [];
  let open: Flow | undefined;
  // Lines indented by more than this belong to a block or plain text.
  let textAbove: number | undefined;
  for (const line of text.split('\n')) {
    if (open !== undefined) {
      const indented = line.trim() === '' ? line : ' '.repeat(open.column) + line;
      out.push(indented);
      const end = endOf(open, indented, 0);
      if (end === undefined) continue;
      const column = open.parent;
      open = undefined;
      ({ open, textAbove } = scan(indented, end, column));
      continue;
    }
    out.push(line);
    if (/^(?:---|\.\.\.)(?:\s|$)/.test(line)) {
      ({ open, textAbove } = scan(line, 3, -1));
      continue;
    }
    const indent = line.search(/\S/);
    if (indent === -1 || (textAbove !== undefined && indent > textAbove)) continue;
    ({ open, textAbove } = scan(line, indent, indent - 1));
  }
  return out.join('\n');
}

/** A quoted text or a flow collection that goes on in the next line. */
interface Flow {
  readonly column: number;
  /** The column of the key or dash that it belongs to. */
  readonly parent: number;
  quote: string;
  depth: number;
}

interface Scanned {
  readonly open: Flow | undefined;
  readonly textAbove: number | undefined;
}

const NOTHING: Scanned = { open: undefined, textAbove: undefined };

/** What a line leaves open, read from a position outside of all quotes and brackets. */
function scan(line: string, from: number, above: number): Scanned {
  let next: Step = { at: from, parent: above };
  for (;;) {
    const step: Step | Scanned = stepFrom(line, next);
    if (!('at' in step)) return step;
    next = step;
  }
}

interface Step {
  readonly at: number;
  readonly parent: number;
}

function stepFrom(line: string, { at: from, parent }: Step): Step | Scanned {
  const at = skipSpace(line, from);
  const rest = line.slice(at);
  if (rest === '' || rest.startsWith('#')) return NOTHING;
  const [mark] = /^(?:[-?:](?=\s|$)|[&!]\S*)/.exec(rest) ?? [];
  if (mark !== undefined) return { at: at + mark.length, parent: /^[-?]/.test(mark) ? at : parent };
  if (/^["'[{]/.test(rest)) {
    const flow: Flow = { column: at, parent, quote: '', depth: 0 };
    const end = endOf(flow, line, at);
    if (end === undefined) return { open: flow, textAbove: undefined };
    return line[end] === ':' ? { at: end + 1, parent: at } : { at: end, parent };
  }
  const [sign, index] = firstOf(/\s#|:(?=\s|$)/, rest);
  // A text: until lines are indented less.
  if (sign !== ':' || /^[|>]/.test(rest)) return { open: undefined, textAbove: parent };
  return { at: at + index + 1, parent: at };
}

function firstOf(pattern: RegExp, text: string): [sign: string, index: number] {
  const found = pattern.exec(text);
  return [found?.[0] ?? '', found?.index ?? text.length];
}

function skipSpace(line: string, at: number): number {
  let next = at;
  while (line[next] === ' ' || line[next] === '\t' || line[next] === '\r') next++;
  return next;
}

/** Where it ends in this line; undefined, and brought up to date, when it goes on. */
function endOf(flow: Flow, line: string, from: number): number | undefined {
  let at = from;
  while (at < line.length) {
    if (flow.quote === '') {
      at = afterSign(flow, line, at);
    } else {
      const rest = flow.quote === '"' ? /(?:[^"\\]|\\.)*"/y : /(?:[^']|'')*'(?!')/y;
      rest.lastIndex = at;
      if (!rest.test(line)) return undefined;
      flow.quote = '';
      at = rest.lastIndex;
    }
    if (flow.quote === '' && flow.depth === 0) return at;
  }
  return undefined;
}

/** One sign of a collection, or a whole comment. */
function afterSign(flow: Flow, line: string, at: number): number {
  const char = line.charAt(at);
  const before = at === 0 ? ' ' : line.charAt(at - 1);
  if (char === '#' && /\s/.test(before)) return line.length;
  // In `[it's]` it is a letter; the first of all opens this flow.
  if (/["']/.test(char) && (flow.depth === 0 || /[\s{[,:]/.test(before))) flow.quote = char;
  else if (/[[{]/.test(char)) flow.depth++;
  else if (/[\]}]/.test(char)) flow.depth--;
  return at + 1;
}
