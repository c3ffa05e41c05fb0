import { type Document, parseAllDocuments, type Tags } from 'yaml';
import { messageOf } from '../content/error.ts';
import { applyError } from './errors.ts';
import { indentFlow } from './flow-indent.ts';
import { isJsonObject } from './json.ts';
import { type KubeObject, narrowObject } from './object.ts';

/**
 * How Kubernetes' own programs read YAML (sigs.k8s.io/yaml): version 1.1, so that `mode: 0644` is octal and `yes`
 * is true, but times and base-60 numbers stay text, and the last of two equal keys wins.
 */
export const KUBERNETES_YAML = {
  version: '1.1',
  merge: true,
  uniqueKeys: false,
  logLevel: 'silent',
  customTags: (tags: Tags): Tags => tags.filter((tag) => !isTimeTag(tag)),
} as const;

/**
 * The objects of a YAML stream, lists flattened, empty documents left out. An object that has only a generateName
 * (a hook's Job) bears that as its name. `source` names the text in errors. Throws MANIFESTS_UNREADABLE.
 */
export function parseManifests(yamlText: string, source: string): KubeObject[] {
  // Rare, and it makes every integer a bigint at first.
  const intAsBigInt = LARGE_INTEGER.test(yamlText);
  return documentsOf(yamlText, intAsBigInt).flatMap((document, index) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw applyError('MANIFESTS_UNREADABLE', { subject: source, detail: error.message.trim() });
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES });
      if (intAsBigInt) value = withNumbers(value);
    } catch (cause) {
      throw applyError('MANIFESTS_UNREADABLE', { subject: source, detail: messageOf(cause), cause });
    }
    return objectsOf(value, `${source}, document ${index + 1}`);
  });
}

const LARGE_INTEGER = /\d{16}/;
/** Far more than anybody writes, and far fewer than it takes to fill the memory. */
const MAX_ALIASES = 1000;

function documentsOf(yamlText: string, intAsBigInt: boolean): readonly Document[] {
  const options = { ...KUBERNETES_YAML, intAsBigInt };
  const documents = parseAllDocuments(yamlText, options);
  if (documents.every(({ errors }) => errors.length === 0)) return documents;
  const indented = parseAllDocuments(indentFlow(yamlText), options);
  // Errors are told of what was written.
  return indented.every(({ errors }) => errors.length === 0) ? indented : documents;
}

/** Numbers again, but for those whose digits a double would change (Kubernetes has 64-bit integers). */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map(withNumbers);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withNumbers(field)]));
}

function objectsOf(value: unknown, source: string): KubeObject[] {
  if (value === null || value === undefined) return [];
  if (isJsonObject(value) && Array.isArray(value.items) && String(value.kind).endsWith('List')) {
    return value.items.flatMap((item) => objectsOf(item, source));
  }
  const narrowed = narrowObject(withName(value));
  if ('problem' in narrowed)
    throw applyError('MANIFESTS_UNREADABLE', { subject: source, detail: narrowed.problem });
  return [narrowed.object];
}

function withName(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const metadata = value.metadata;
  if (!isJsonObject(metadata) || metadata.name !== undefined || metadata.generateName === undefined)
    return value;
  return { ...value, metadata: { ...metadata, name: metadata.generateName } };
}

function isTimeTag(tag: Tags[number]): boolean {
  if (typeof tag === 'string') return ['timestamp', 'intTime', 'floatTime'].includes(tag);
  return tag.tag === 'tag:yaml.org,2002:timestamp' || ('format' in tag && tag.format === 'TIME');
}
