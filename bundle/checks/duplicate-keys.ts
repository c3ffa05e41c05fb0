import { formatPath, type ObjectPath } from '../../apply/images/image-slots.ts';
import { isJsonObject, jsonText } from '../../apply/json.ts';
import { describeObject, groupOf, type KubeObject } from '../../apply/object.ts';
import { builtInShape } from './built-in-lists.ts';
import type { Finding } from './finding.ts';
import type { ListShape } from './list-shape.ts';

/**
 * Entries of lists that server-side apply can't tell apart. `crds` holds the shapes of the kinds that charts of the
 * same release bring, as shapesOfCrds gives them.
 */
export function duplicateKeys(
  objects: readonly KubeObject[],
  where: string,
  crds: ReadonlyMap<string, ListShape> = new Map(),
): Finding[] {
  return objects.flatMap((object) => {
    const group = groupOf(object.apiVersion);
    const version = object.apiVersion.slice(group === '' ? 0 : group.length + 1);
    const custom = crds.get(`${object.kind}.${group}/${version}`);
    const shapes = custom === undefined ? [builtInShape(object.kind, group)] : [builtInShape('', ''), custom];
    return shapes
      .flatMap((shape) => [...duplicatesIn(object, shape, [])])
      .map(({ path, first, key }) => ({
        code: 'LIST_KEY_DUPLICATE',
        severity: 'error',
        place: `${where}: ${describeObject(object)} ${formatPath(path)}`,
        detail: `${key} stands at ${formatPath(first)} already`,
      }));
  });
}

interface Duplicate {
  readonly path: ObjectPath;
  readonly first: ObjectPath;
  readonly key: string;
}

function* duplicatesIn(value: unknown, shape: ListShape, path: ObjectPath): Generator<Duplicate> {
  if (Array.isArray(value)) {
    const known = new Map<string, ObjectPath>();
    for (const [index, entry] of value.entries()) {
      const at = [...path, index];
      const key = keyOf(entry, shape);
      const first = key === undefined ? undefined : known.get(key);
      if (key !== undefined && first !== undefined) yield { path: at, first, key };
      else if (key !== undefined) known.set(key, at);
      yield* fieldsIn(entry, shape, at);
    }
    return;
  }
  yield* fieldsIn(value, shape, path);
}

function* fieldsIn(value: unknown, { fields, values }: ListShape, path: ObjectPath): Generator<Duplicate> {
  if (!isJsonObject(value)) return;
  for (const [name, field] of Object.entries(value)) {
    const shape = fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : values;
    if (shape !== undefined) yield* duplicatesIn(field, shape, [...path, name]);
  }
}

/** `name "A"`, `port 80, protocol "TCP"`; undefined where entries are not told apart. */
function keyOf(entry: unknown, { keys, defaults = {}, isSet }: ListShape): string | undefined {
  if (isSet) return jsonText(entry);
  if (keys === undefined || keys.length === 0 || !isJsonObject(entry)) return undefined;
  const parts = keys.map((key) => `${key} ${jsonText(entry[key] ?? defaults[key] ?? null)}`);
  return parts.join(', ');
}
