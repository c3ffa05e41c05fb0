import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from './json.ts';

/**
 * Sets of fields as managed fields hold them (FieldsV1, structured-merge-diff's fieldpath): a tree whose keys are
 * `f:NAME`, `k:{"name":"web"}` for an item with these keys, `v:VALUE` for an item of a set, `i:INDEX`, and `.` for a field
 * that is owned itself, beside what is in it. An empty tree is a field that is owned as a whole.
 */

/** One field of a set. */
export interface SetField {
  /** The keys of the tree that lead to it. */
  readonly keys: readonly string[];
  /** As the API server writes it: `.spec.template.spec.containers[name="web"].image`. */
  readonly path: string;
}

/**
 * The fields of a set in which two objects differ. Where a field is there on one side only, it stands for all that is
 * in it. `isEqual` says which values count as the same.
 */
export function differingFields(
  fields: JsonObject,
  [a, b]: readonly [unknown, unknown],
  isEqual: (a: unknown, b: unknown, path: string) => boolean = (one, other) => isDeepStrictEqual(one, other),
): SetField[] {
  const walk = (tree: JsonObject, left: unknown, right: unknown, above: SetField): SetField[] =>
    childrenOf(tree, above).flatMap(({ key, below, field }) => {
      const [one, other] = [childAt(left, key), childAt(right, key)];
      if (one === undefined && other === undefined) return [];
      if (one === undefined || other === undefined) return [field];
      if (Object.keys(below).length === 0) return isEqual(one, other, field.path) ? [] : [field];
      return walk(below, one, other, field);
    });
  return walk(fields, a, b, ROOT);
}

/** The fields of one set that another one lacks. */
export function missingFields(fields: JsonObject, others: readonly JsonObject[]): SetField[] {
  const walk = (tree: JsonObject, rest: readonly JsonObject[], above: SetField): SetField[] =>
    childrenOf(tree, above).flatMap(({ key, below, field }) => {
      const found = rest.map((other) => other[key]).filter(isJsonObject);
      return found.length === 0 ? [field] : walk(below, found, field);
    });
  return walk(fields, others, ROOT);
}

/** Whether a set holds a field, something in it, or something that it is in. */
export function touchesField(fields: JsonObject, { keys }: SetField): boolean {
  let tree = fields;
  for (const key of keys) {
    const below = tree[key];
    if (!isJsonObject(below)) return false;
    if (Object.keys(below).length === 0) return true;
    tree = below;
  }
  return true;
}

/** Every field that is owned as a whole, as the API server writes it. */
export function leafFields(fields: JsonObject): string[] {
  const walk = (tree: JsonObject, above: SetField): string[] =>
    childrenOf(tree, above).flatMap(({ below, field }) =>
      Object.keys(below).length === 0 ? [field.path] : walk(below, field),
    );
  return walk(fields, ROOT);
}

/** The value of a field in an object; undefined where it has none. */
export function valueAt(object: unknown, { keys }: SetField): unknown {
  return keys.reduce<unknown>(childAt, object);
}

/** Of an object just the fields of a set: what was applied, where the set is what an apply owns. */
export function pickFields(fields: JsonObject, value: unknown): unknown {
  const children = childrenOf(fields, ROOT);
  if (Object.keys(fields).length === 0) return value;
  const picked = children.flatMap(({ key, below }) => {
    const found = childAt(value, key);
    return found === undefined ? [] : [{ key, part: pickFields(below, found) }];
  });
  if (Array.isArray(value)) return picked.map(({ key, part }) => withKeys(key, part));
  return Object.fromEntries(picked.map(({ key, part }) => [key.slice(2), part]));
}

// An item can't be told without the fields that it is known by, even where defaults have set them.
function withKeys(key: string, part: unknown): unknown {
  const keys = key.startsWith('k:') ? tryJson(key.slice(2)) : undefined;
  return isJsonObject(keys) && isJsonObject(part) ? { ...keys, ...part } : part;
}

const ROOT: SetField = { keys: [], path: '' };

function childrenOf(tree: JsonObject, above: SetField) {
  return Object.entries(tree).flatMap(([key, below]) =>
    key === '.' || !isJsonObject(below)
      ? []
      : [{ key, below, field: { keys: [...above.keys, key], path: above.path + stepOf(key) } }],
  );
}

function stepOf(key: string): string {
  const [type, rest] = [key.slice(0, 2), key.slice(2)];
  if (type === 'f:') return `.${rest}`;
  if (type === 'i:') return `[${rest}]`;
  if (type === 'v:') return `[=${rest}]`;
  const keys = tryJson(rest);
  if (!isJsonObject(keys)) return `[${rest}]`;
  const pairs = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return `[${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}

/** A null stands for no value, as everywhere in the API. */
function childAt(value: unknown, key: string): unknown {
  const [type, rest] = [key.slice(0, 2), key.slice(2)];
  if (type === 'f:') {
    const found = isJsonObject(value) && Object.hasOwn(value, rest) ? value[rest] : undefined;
    return found ?? undefined;
  }
  if (!Array.isArray(value)) return undefined;
  if (type === 'i:') return value[Number(rest)] ?? undefined;
  const wanted = tryJson(rest);
  if (type === 'v:') return value.find((item) => isDeepStrictEqual(item, wanted));
  if (!isJsonObject(wanted)) return undefined;
  return value.find(
    (item) =>
      isJsonObject(item) &&
      Object.entries(wanted).every(([name, part]) => isDeepStrictEqual(item[name], part)),
  );
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
