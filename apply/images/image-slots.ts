import { isJsonObject } from '../json.ts';

/** A place in an object where Kubernetes expects an image reference. */
export interface ImageSlot {
  readonly path: ObjectPath;
  readonly reference: string;
}

/** Keys and indexes from the root of an object. */
export type ObjectPath = readonly (string | number)[];

const CONTAINER_LISTS = new Set(['containers', 'initContainers', 'ephemeralContainers']);

/**
 * All image slots of an object: `image` of the containers and `image.reference` of the volumes of every pod spec,
 * however deep it stands. Pod specs are known by their shape and not by the kind around them, so that pod templates
 * in custom resources (Rollout, JobSet, a Knative Service) are found as well.
 */
export function* imageSlots(value: unknown, path: ObjectPath = []): Generator<ImageSlot> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* imageSlots(item, [...path, index]);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [key, field] of Object.entries(value)) {
    const at = [...path, key];
    if (Array.isArray(field) && CONTAINER_LISTS.has(key)) yield* slotsIn(field, at, ['image']);
    if (Array.isArray(field) && key === 'volumes') yield* slotsIn(field, at, ['image', 'reference']);
    yield* imageSlots(field, at);
  }
}

export function formatPath(path: ObjectPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const plain = /^[A-Za-z0-9_-]+$/.test(step);
    return plain ? `${text}${text === '' ? '' : '.'}${step}` : `${text}[${JSON.stringify(step)}]`;
  }, '');
}

function* slotsIn(list: readonly unknown[], path: ObjectPath, keys: readonly string[]): Generator<ImageSlot> {
  for (const [index, item] of list.entries()) {
    let found: unknown = item;
    for (const key of keys) found = isJsonObject(found) ? found[key] : undefined;
    if (typeof found === 'string' && found !== '')
      yield { path: [...path, index, ...keys], reference: found };
  }
}
