import { parseAllDocuments } from 'yaml';
import { KUBERNETES_YAML } from '../manifest.ts';

/** YAML is read slowly: longer texts are searched line by line. */
const MAX_YAML = 256 * 1024;
const MAX_JSON = 4 * 1024 * 1024;

/** The object or list that a text holds as JSON or YAML; undefined where it is just text. */
export function structureIn(text: string): object | undefined {
  const start = text.trimStart().charAt(0);
  if ((start === '{' || start === '[') && text.length <= MAX_JSON) {
    const json = read(() => JSON.parse(text));
    if (json !== undefined) return json;
  }
  if (text.length > MAX_YAML || !/^[ \t]*(?:- |["']?[\w./-]+["']?:(?:[ \t]|$))/m.test(text)) return undefined;
  return read(() => documentsIn(text));
}

function documentsIn(text: string): unknown {
  const documents = parseAllDocuments(text, KUBERNETES_YAML);
  if (documents.some(({ errors }) => errors.length > 0)) return undefined;
  const values = documents.map((document): unknown => document.toJS({ maxAliasCount: 100 }));
  return values.length > 1 ? values.filter((value) => typeof value === 'object') : values[0];
}

function read(parsed: () => unknown): object | undefined {
  try {
    const value = parsed();
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined; // a template or prose
  }
}

/**
 * The fields of a text that is nearly YAML, or lines of `NAME=value`: those that stand at one depth, one below the
 * other. Templates are like that.
 */
export function fieldBlocks(text: string): Map<string, string>[] {
  const done: Map<string, string>[] = [];
  const open: { indent: number; fields: Map<string, string> }[] = [];
  for (const line of text.split('\n')) {
    const match = /^([ \t]*(?:- )?)(?:export )?["']?([A-Za-z_][\w.-]*)["']?[ \t]*[:=][ \t]*(.*)$/.exec(line);
    if (match === null) continue;
    const [, lead = '', key = '', rest = ''] = match;
    while (
      (open.at(-1)?.indent ?? -1) > lead.length ||
      (lead.endsWith('- ') && open.at(-1)?.indent === lead.length)
    )
      done.push(open.pop()?.fields ?? new Map());
    if (open.at(-1)?.indent !== lead.length) open.push({ indent: lead.length, fields: new Map() });
    const value = /^["']?([^\s"'{}#,]+)["']?,?[ \t]*(?:#.*)?$/.exec(rest)?.[1];
    if (value !== undefined) open.at(-1)?.fields.set(key, value);
  }
  return [...done, ...open.map(({ fields }) => fields)].filter(({ size }) => size > 1);
}
