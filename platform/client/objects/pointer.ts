import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { pointerSteps } from './pointer-steps.ts';

/** A place in a text: characters from its start, and for people line and column, both from 1. */
export interface Place {
  readonly from: number;
  readonly to: number;
  readonly line: number;
  readonly column: number;
}

/**
 * Where a JSON pointer leads to in a text of YAML or JSON: a member's name and value, or as deep as the text goes.
 * `within` goes on in a text of YAML that stands there in a block. Undefined where there is nothing in the text.
 */
export function placeOf(text: string, pointer: string, within?: string): Place | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
  return placeIn(document.contents, lines, text, pointer, within);
}

/** As placeOf, in a document that was parsed. */
export function placeIn(
  contents: Node | null,
  lines: LineCounter,
  text: string,
  pointer: string,
  within?: string,
): Place | undefined {
  let found: { from: number; to: number } | undefined;
  let node: Node | undefined = contents ?? undefined;
  for (const step of pointerSteps(pointer)) {
    const next = below(node, step);
    if (next === undefined) break;
    found = spanOf(next.key, next.value) ?? found;
    node = next.value;
  }
  const inner = within === undefined || within === '' ? undefined : insideBlock(node, lines, text, within);
  if (inner !== undefined) return inner;
  found ??= spanOf(undefined, contents ?? undefined);
  if (found === undefined) return undefined;
  const { from } = found;
  const { line, col } = lines.linePos(from);
  return { from, to: from + text.slice(from, found.to).trimEnd().length, line, column: col };
}

// A block begins on the line after its `|`, and all of it is indented as its first line is.
function insideBlock(
  node: Node | undefined,
  lines: LineCounter,
  text: string,
  within: string,
): Place | undefined {
  if (!isScalar(node) || typeof node.value !== 'string' || node.type !== 'BLOCK_LITERAL') return undefined;
  const inner = placeOf(node.value, within);
  const [start] = node.range ?? [];
  if (inner === undefined || start === undefined) return undefined;
  const line = lines.linePos(start).line + inner.line;
  const lineStart = lines.lineStarts[line - 1];
  if (lineStart === undefined) return undefined;
  const first = lines.lineStarts[lines.linePos(start).line] ?? lineStart;
  const indent = /^ */.exec(text.slice(first))?.[0].length ?? 0;
  const column = indent + inner.column;
  const from = lineStart + column - 1;
  return { from, to: from + (inner.to - inner.from), line, column };
}

interface Below {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

function below(node: Node | undefined, step: string): Below | undefined {
  if (isSeq<Node>(node)) {
    const value = node.items[Number(step)];
    return value === undefined ? undefined : { key: undefined, value };
  }
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
  return pair === undefined ? undefined : { key: pair.key, value: pair.value ?? undefined };
}

function spanOf(key: Node | undefined, value: Node | undefined): { from: number; to: number } | undefined {
  const from = (key ?? value)?.range?.[0];
  const to = (value ?? key)?.range?.[1];
  return from === undefined || to === undefined ? undefined : { from, to };
}
