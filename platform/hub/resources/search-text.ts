import { isJsonObject } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { stateOf } from './object-state.ts';

/** Long texts, as values of packs, are not what somebody looks for in a list. */
const MAX_TEXT = 100;
const MAX_DEPTH = 5;

const made = new WeakMap<KubeObject, string>();

/** All words by which an object may be found, in small letters: its name, project, state, labels, and what its spec says. */
export function searchText(object: KubeObject): string {
  const known = made.get(object);
  if (known !== undefined) return known;
  const { name, namespace = '', labels = {} } = object.metadata;
  const all = [
    name,
    namespace,
    stateOf(object),
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
    ...texts(object.spec, MAX_DEPTH),
  ];
  const text = all.join('\n').toLowerCase();
  made.set(object, text);
  return text;
}

function texts(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return value.length <= MAX_TEXT ? [value] : [];
  if (depth === 0) return [];
  if (Array.isArray(value)) return value.flatMap((part) => texts(part, depth - 1));
  return isJsonObject(value) ? Object.values(value).flatMap((part) => texts(part, depth - 1)) : [];
}
