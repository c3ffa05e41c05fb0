import { SaxesParser } from 'saxes';

/** An element without its namespace prefixes: vCenter writes each name in one namespace only. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

const MAX_DEPTH = 64;

interface Open {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Element[];
  text: string;
}

/**
 * Reads one document. Strict, and without document types: an entity of one's own could be made to grow without end.
 * Throws Error with the place of what is wrong, never with text of the document.
 */
export function parseXml(text: string): Element {
  const parser = new SaxesParser({ position: true });
  const stack: Open[] = [];
  let root: Element | undefined;
  const fail = (what: string) => {
    throw new Error(`${what} at ${parser.line}:${parser.column}`);
  };
  parser.on('error', () => fail('not well-formed'));
  parser.on('doctype', () => fail('a document type'));
  parser.on('opentag', ({ name, attributes }) => {
    if (stack.length >= MAX_DEPTH) fail('nested too deep');
    const local = Object.entries(attributes).map(([key, value]) => [attributeName(key), value] as const);
    stack.push({ name: localName(name), attributes: Object.fromEntries(local), children: [], text: '' });
  });
  const add = (part: string) => {
    const top = stack.at(-1);
    if (top !== undefined) top.text += part;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => {
    const done = stack.pop();
    if (done === undefined) return;
    const parent = stack.at(-1);
    if (parent === undefined) root = done;
    else parent.children.push(done);
  });
  parser.write(text).close();
  return root ?? fail('nothing');
}

export function childOf(element: Element | undefined, ...path: readonly string[]): Element | undefined {
  let current = element;
  for (const name of path) current = current?.children.find((child) => child.name === name);
  return current;
}

export function childrenOf(element: Element | undefined, name: string): readonly Element[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

export function textOf(element: Element | undefined, ...path: readonly string[]): string | undefined {
  return childOf(element, ...path)?.text;
}

/** Text as it may stand between tags and in attributes; what XML 1.0 has no way to write is left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

// Beside xsi:type, under whatever prefix, many elements have a type of their own.
function attributeName(name: string): string {
  return /:type$/.test(name) ? 'xsi:type' : localName(name);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
