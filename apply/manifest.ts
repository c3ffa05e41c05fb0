import { parseAllDocuments, type Tags } from 'yaml';
import { messageOf } from '../content/error.ts';
import { applyError } from './errors.ts';
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
  return parseAllDocuments(yamlText, KUBERNETES_YAML).flatMap((document, index) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw applyError('MANIFESTS_UNREADABLE', { subject: source, detail: error.message.trim() });
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (cause) {
      throw applyError('MANIFESTS_UNREADABLE', { subject: source, detail: messageOf(cause), cause });
    }
    return objectsOf(value, `${source}, document ${index + 1}`);
  });
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
