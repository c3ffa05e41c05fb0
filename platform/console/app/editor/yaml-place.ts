import { isPair, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { TextProblem } from './hub-problems.ts';
import type { Path } from './schema-at.ts';

/** Where somebody types: in a key that stands below a path, or in the value of a path. */
export interface TypingPlace {
  readonly kind: 'key' | 'value';
  readonly path: Path;
  /** Offset at which the word begins that is being typed. */
  readonly from: number;
}

interface Line {
  readonly indent: number;
  /** Where the key begins, after dashes. */
  readonly keyIndent: number;
  readonly key: string | undefined;
  readonly isItem: boolean;
}

/** Goes by lines and how far they are indented: a text that is being typed is seldom valid. */
export function typingPlace(text: string, offset: number): TypingPlace | undefined {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const typed = text.slice(start, offset);
  if (/(^|\s)#/.test(typed)) return undefined;
  const value = /^(\s*(?:- )*)([\w.\-/"']+):\s+(\S*)$/.exec(typed);
  const lines = text.slice(0, start).split('\n').slice(0, -1);
  if (value !== null) {
    const [, lead = '', key = '', word = ''] = value;
    const path = [...parentsOf(lines, lead), unquoted(key)];
    return { kind: 'value', path, from: offset - word.length };
  }
  const key = /^(\s*(?:- )*)([\w.\-/"']*)$/.exec(typed);
  if (key === null) return undefined;
  const [, lead = '', word = ''] = key;
  return { kind: 'key', path: parentsOf(lines, lead), from: offset - word.length };
}

// `lead` is what stands before a key: spaces, and a dash for each list that begins on this line.
function parentsOf(lines: readonly string[], lead: string): Path {
  const path: (string | number)[] = [];
  let indent = lead.length;
  for (let depth = lead.split('- ').length - 1; depth > 0; depth--) {
    path.unshift(0);
    indent = lead.lastIndexOf('-', indent - 1);
  }
  let wantsList = path.length > 0;
  for (const text of lines.toReversed()) {
    const line = readLine(text);
    if (line === undefined || !isAbove(line, indent, wantsList)) continue;
    if (line.key !== undefined && (line.keyIndent < indent || !line.isItem)) path.unshift(line.key);
    else if (!line.isItem) continue;
    if (line.isItem) path.unshift(0);
    indent = line.indent;
    wantsList = line.isItem;
  }
  return path;
}

// A list may stand as far to the left as the key that it belongs to.
function isAbove({ indent, isItem }: Line, below: number, wantsList: boolean): boolean {
  return indent < below || (wantsList && indent === below && !isItem);
}

function readLine(text: string): Line | undefined {
  if (/^\s*(#|$)/.test(text)) return undefined;
  const found = /^(\s*)((?:- )*)(?:([\w.\-/]+|"[^"]+"|'[^']+'):(?:\s|$))?/.exec(text);
  if (found === null) return undefined;
  const [, spaces = '', dashes = '', key] = found;
  return {
    indent: spaces.length,
    keyIndent: spaces.length + dashes.length,
    isItem: dashes !== '' || /^\s*-\s*$/.test(text),
    key: key === undefined ? undefined : unquoted(key),
  };
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2');
}

/** A stretch of a text. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The path of what stands at a place in a text that can be read. */
export function pathAt(
  text: string,
  offset: number,
): { readonly path: Path; readonly span: Span } | undefined {
  const document = parseDocument(text);
  let found: { path: Path; span: Span } | undefined;
  visit(document, {
    Pair: (_, pair, ancestors) => {
      if (!isScalar(pair.key) || !pair.key.range || typeof pair.key.value !== 'string') return;
      const [from, to] = pair.key.range;
      if (offset < from || offset > to) return;
      const above = ancestors.flatMap((ancestor): (string | number)[] => {
        // Which of a list it is makes no difference to its schema.
        if (isSeq(ancestor)) return [0];
        return isPair(ancestor) && isScalar(ancestor.key) ? [String(ancestor.key.value)] : [];
      });
      found = { path: [...above, pair.key.value], span: { from, to } };
      return visit.BREAK;
    },
  });
  return found;
}

/** What makes a text no YAML. */
export function yamlProblems(text: string): TextProblem[] {
  const { errors } = parseDocument(text, { prettyErrors: false });
  return errors.map(({ message, pos: [from, to] }) => ({
    from,
    to: Math.max(to, from),
    message: message.split('\n')[0] ?? message,
  }));
}
