import { isJsonObject } from '../json.ts';
import { type ImageSlot, imageSlots, type ObjectPath } from './image-slots.ts';

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

function changesOf(value: unknown, map: ImageMap): ImageSlot[] {
  return [...imageSlots(value)].flatMap(({ path, reference }) => {
    const mapped = map(reference);
    return mapped === undefined || mapped === reference ? [] : [{ path, reference: mapped }];
  });
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
