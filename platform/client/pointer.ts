import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** A place in a text: characters from its start, and for people line and column, both from 1. */
export interface Place {
  readonly from: number;
  readonly to: number;
  readonly line: number;
  readonly column: number;
}

/** The names and places that a JSON pointer (RFC 6901) is made of. */
export function pointerSteps(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * Where a JSON pointer leads to in a text of YAML or JSON: a member's name and value, or as deep as the text goes.
 * Undefined where there is nothing in the text.
 */
export function placeOf(text: string, pointer: string): Place | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent', keepSourceTokens: false });
  let found: { from: number; to: number } | undefined;
  let node: unknown = document.contents;
  for (const step of pointerSteps(pointer)) {
    const next = below(node, step);
    if (next === undefined) break;
    found = spanOf(next.key, next.value) ?? found;
    node = next.value;
  }
  found ??= spanOf(undefined, document.contents ?? undefined);
  if (found === undefined) return undefined;
  const { from } = found;
  const { line, col } = lines.linePos(from);
  return { from, to: from + text.slice(from, found.to).trimEnd().length, line, column: col };
}

interface Below {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

function below(node: unknown, step: string): Below | undefined {
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
