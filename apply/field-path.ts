import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from './json.ts';

/**
 * Takes a field out of an object. The path is as the API server writes those of conflicts (structured-merge-diff,
 * fieldpath): `.spec.ports[port=80,protocol="TCP"].name`, `.metadata.finalizers[="x"]`, `.spec.args[0]`. Names stand
 * there without quotes, dots and all, so the object decides where one ends. Returns the object itself where it has no
 * such field.
 */
export function withoutField<T>(object: T, path: string): T {
  const copy = structuredClone(object);
  return remove(copy, path) ? copy : object;
}

/** Changes `value`; true when there was something to take out. */
function remove(value: unknown, path: string): boolean {
  if (path.startsWith('.') && isJsonObject(value)) return removeFromObject(value, path.slice(1));
  if (path.startsWith('[') && Array.isArray(value)) return removeFromList(value, path);
  return false;
}

function removeFromObject(value: Readonly<Record<string, unknown>>, path: string): boolean {
  // The longest name first: `a.b` before `a`.
  const names = Object.keys(value).sort((a, b) => b.length - a.length);
  return names.some((name) => {
    if (path === name) return Reflect.deleteProperty(value, name);
    const rest = path.slice(name.length);
    return path.startsWith(name) && /^[.[]/.test(rest) && remove(value[name], rest);
  });
}

function removeFromList(list: unknown[], path: string): boolean {
  const element = readElement(path);
  if (element === undefined) return false;
  const index = element.fits
    .map((fits) => list.findIndex((item, position) => fits(item, position)))
    .find((position) => position !== -1);
  if (index === undefined) return false;
  if (element.rest !== '') return remove(list[index], element.rest);
  list.splice(index, 1);
  return true;
}

interface Element {
  /** Which item is meant, the surest test first. */
  readonly fits: readonly ((item: unknown, index: number) => boolean)[];
  /** The path within the element. */
  readonly rest: string;
}

/** The `[…]` that a path begins with. */
function readElement(path: string): Element | undefined {
  const end = closingBracket(path);
  if (end === undefined) return undefined;
  const [inner, rest] = [path.slice(1, end), path.slice(end + 1)];
  if (/^\d+$/.test(inner)) return { rest, fits: [(_, index) => index === Number(inner)] };
  if (inner.startsWith('=')) {
    const wanted = tryJson(inner.slice(1));
    return { rest, fits: [(item) => isDeepStrictEqual(item, wanted)] };
  }
  const keys = readKeys(inner);
  if (keys === undefined) return undefined;
  return {
    rest,
    fits: [
      (item) => isJsonObject(item) && keys.every(([key, wanted]) => isDeepStrictEqual(item[key], wanted)),
      // A key that the manifest leaves out has the default of its schema (`protocol: TCP`), which isn't known here.
      (item) =>
        isJsonObject(item) &&
        keys.some(([key]) => item[key] !== undefined) &&
        keys.every(([key, wanted]) => item[key] === undefined || isDeepStrictEqual(item[key], wanted)),
    ],
  };
}

function closingBracket(path: string): number | undefined {
  const found = /^\[(?:"(?:[^"\\]|\\.)*"|[^"\]])*\]/.exec(path);
  return found === null ? undefined : found[0].length - 1;
}

function readKeys(text: string): (readonly [string, unknown])[] | undefined {
  const pairs = [...text.matchAll(/([^=,]+)=("(?:[^"\\]|\\.)*"|[^,]*)(?:,|$)/g)];
  if (pairs.length === 0) return undefined;
  return pairs.map(([, key = '', json = '']) => [key, tryJson(json)] as const);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
