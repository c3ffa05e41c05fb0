import { Document, isScalar, parseAllDocuments, visit } from 'yaml';
import { messageOf } from '../content/error.ts';
import { applyError } from './errors.ts';
import { type ImageSlot, imageSlots, type ObjectPath } from './image-slots.ts';
import { isJsonObject } from './json.ts';
import { KUBERNETES_YAML } from './manifest.ts';

/** Gives the reference to pull instead, or undefined to leave this one as it is. */
export type ImageMap = (reference: string) => string | undefined;

/** The objects with the images of all pod specs replaced; those without a replacement are passed on as they are. */
export function rewriteImages<T>(objects: readonly T[], map: ImageMap): T[] {
  return objects.map((object) => {
    const changes = changesOf(object, map);
    if (changes.length === 0) return object;
    const copy = structuredClone(object);
    for (const { path, reference } of changes) replaceAt(copy, path, reference);
    return copy;
  });
}

/**
 * As rewriteImages, on YAML text. Only the references themselves change: comments, order and style stay, so that
 * helm finds its own marks again. Throws MANIFESTS_UNREADABLE.
 */
export function rewriteManifests(yamlText: string, map: ImageMap): string {
  const edits = parseAllDocuments(yamlText, KUBERNETES_YAML).flatMap((document) => editsOf(document, map));
  return applyEdits(yamlText, edits);
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function editsOf(document: Document.Parsed, map: ImageMap): Edit[] {
  const value = readDocument(document);
  const changes = changesOf(value, map);
  if (changes.length === 0) return [];
  if (!isPlainTree(document)) return [rewriteWhole(document, value, map)];
  return changes.map((change) => editScalar(document, change));
}

function changesOf(value: unknown, map: ImageMap): ImageSlot[] {
  return [...imageSlots(value)].flatMap(({ path, reference }) => {
    const mapped = map(reference);
    return mapped === undefined || mapped === reference ? [] : [{ path, reference: mapped }];
  });
}

function readDocument(document: Document.Parsed): unknown {
  try {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw applyError('MANIFESTS_UNREADABLE', {
      subject: 'rendered manifests',
      detail: messageOf(cause),
      cause,
    });
  }
}

// Behind an alias or a merge key one text stands in several places, some of them no images, and of two equal keys only
// the last counts: such a document is written anew.
function isPlainTree(document: Document.Parsed): boolean {
  let plain = true;
  visit(document, {
    Alias: () => {
      plain = false;
      return visit.BREAK;
    },
    Map: (_, { items }) => {
      const keys = items.map(({ key }) => (isScalar(key) ? key.value : key));
      plain = new Set(keys).size === keys.length;
      return plain ? undefined : visit.BREAK;
    },
  });
  return plain;
}

function rewriteWhole(document: Document.Parsed, value: unknown, map: ImageMap): Edit {
  const [start, , end] = document.contents?.range ?? document.range;
  const [rewritten] = rewriteImages([value], map);
  const text = new Document(rewritten, {
    version: KUBERNETES_YAML.version,
    aliasDuplicateObjects: false,
  }).toString({
    lineWidth: 0,
    directives: false,
  });
  return { start, end, text };
}

function editScalar(document: Document.Parsed, { path, reference }: ImageSlot): Edit {
  const node = document.getIn(path, true);
  if (!isScalar(node) || node.range === undefined || node.range === null) {
    throw applyError('MANIFESTS_UNREADABLE', {
      subject: 'rendered manifests',
      detail: `no text at ${path.join('.')}`,
    });
  }
  const [start, end] = node.range;
  if (node.type === 'PLAIN' && PLAIN_SAFE.test(reference)) return { start, end, text: reference };
  const isBlock = node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL';
  return { start, end, text: `${JSON.stringify(reference)}${isBlock ? '\n' : ''}` };
}

/** What YAML reads as text also without quotes. */
const PLAIN_SAFE = /^[A-Za-z0-9][A-Za-z0-9.:_-]*\/[A-Za-z0-9./:@_-]*[A-Za-z0-9]$/;

function applyEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let position = 0;
  for (const { start, end, text: replacement } of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(position, start), replacement);
    position = end;
  }
  return [...parts, text.slice(position)].join('');
}

function replaceAt(root: unknown, path: ObjectPath, value: string): void {
  const last = path.at(-1);
  let parent: unknown = root;
  for (const step of path.slice(0, -1)) parent = childOf(parent, step);
  if (isJsonObject(parent) && typeof last === 'string') Object.assign(parent, { [last]: value });
}

function childOf(parent: unknown, step: string | number): unknown {
  if (Array.isArray(parent) && typeof step === 'number') return parent[step];
  return isJsonObject(parent) ? parent[step] : undefined;
}
