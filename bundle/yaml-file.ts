import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf, type SkerryError } from '../content/error.ts';

/** A mistake in a file that a person wrote, and where it stands. */
export interface Mistake {
  /** `file:line:column`, counted from 1. */
  readonly where: string;
  readonly what: string;
}

/**
 * Reads a YAML file against a schema. The first mistake is thrown by `fail`, all of them told in its detail: the
 * author mends them in one go.
 */
export function parseYamlFile<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  fail: (mistakes: Mistake[]) => SkerryError,
): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken !== undefined)
    throw fail([{ where: at(broken.pos[0]), what: broken.message.split('\n')[0] ?? '' }]);
  const result = schema.safeParse(unfold(document, (what) => fail([{ where: at(0), what }])));
  if (result.success) return result.data;
  // A field that is not known is most often the misspelt one that is said to be missing, and it has a place.
  const issues = result.error.issues.toSorted((a, b) => Number(isUnknown(b)) - Number(isUnknown(a)));
  throw fail(issues.flatMap((issue) => mistakesOf(issue, document, at)));
}

/** All mistakes in one line; the place of the first is what the error is about. */
export function tellMistakes(mistakes: readonly Mistake[]): string {
  const [first] = mistakes;
  return mistakes.map(({ where, what }) => (where === first?.where ? what : `${where} ${what}`)).join('; ');
}

// An alias without its anchor, and one that unfolds to more than a file should, are found only when they are followed.
function unfold(document: Document, fail: (what: string) => SkerryError): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw fail(messageOf(error));
  }
}

function isUnknown({ code }: z.core.$ZodIssue): boolean {
  return code === 'unrecognized_keys';
}

function mistakesOf(
  issue: z.core.$ZodIssue,
  document: Document,
  at: (offset: number | undefined) => string,
): Mistake[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      where: at(keyOffset(document, path, key)),
      what: `${[...path, key].join('.')}: there is no such field`,
    }));
  }
  return [
    { where: at(nodeOffset(document, path)), what: `${path.join('.') || 'the file'}: ${issue.message}` },
  ];
}

// A missing field has no place of its own: then the place of what it should stand in is the best there is.
function nodeOffset(document: Document, path: (string | number)[]): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

function keyOffset(document: Document, path: (string | number)[], key: string): number | undefined {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(map)
    ? map.items.find((item) => isScalar(item.key) && item.key.value === key)
    : undefined;
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}
