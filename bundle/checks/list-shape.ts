import { isJsonObject, type JsonObject, listAt, objectAt, textAt } from '../../apply/json.ts';
import { groupOf, type KubeObject } from '../../apply/object.ts';

/**
 * Where a kind has lists whose entries are told apart by keys, or sets: server-side apply refuses two equal ones there
 * (Kubernetes API conventions, x-kubernetes-list-type). What an atomic list holds is never compared.
 */
export interface ListShape {
  /** The keys of a list of type map. */
  readonly keys?: readonly string[];
  /** What a key is when it is left out. */
  readonly defaults?: JsonObject;
  readonly isSet?: true;
  /** Of an object, or of each entry of a list. */
  readonly fields?: Readonly<Record<string, ListShape>>;
  /** Of each value of an object whose keys are free. */
  readonly values?: ListShape;
}

/** The shape of a schema as a CustomResourceDefinition holds it; undefined where no list of it has keys. */
function shapeOfSchema(schema: unknown, depth = 0): ListShape | undefined {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return undefined;
  const listType = textAt(schema, 'x-kubernetes-list-type');
  if (textAt(schema, 'x-kubernetes-map-type') === 'atomic' || listType === 'atomic') return undefined;
  const items = objectAt(schema, 'items');
  const isList = schema.type === 'array';
  // Without a list type a list is atomic, and what is in it is not compared.
  if (isList && listType !== 'map' && listType !== 'set') return undefined;
  const keys = listAt(schema, 'x-kubernetes-list-map-keys').filter((key) => typeof key === 'string');
  const shape: ListShape = {
    ...(listType === 'map' ? { keys, defaults: defaultsOf(items, keys) } : {}),
    ...(listType === 'set' ? { isSet: true } : {}),
    ...fieldsOf(objectAt(isList ? items : schema, 'properties'), depth),
    ...valuesOf(schema.additionalProperties, depth),
  };
  return Object.keys(shape).length === 0 ? undefined : shape;
}

/** The shapes of the kinds that CustomResourceDefinitions bring, as `Kind.group/version`. */
export function shapesOfCrds(objects: readonly KubeObject[]): Map<string, ListShape> {
  const shapes = new Map<string, ListShape>();
  for (const crd of objects) {
    if (crd.kind !== 'CustomResourceDefinition' || groupOf(crd.apiVersion) !== 'apiextensions.k8s.io')
      continue;
    const kind = `${textAt(crd, 'spec', 'names', 'kind')}.${textAt(crd, 'spec', 'group')}`;
    for (const version of listAt(crd, 'spec', 'versions')) {
      const shape = shapeOfSchema(objectAt(version, 'schema', 'openAPIV3Schema'));
      if (shape !== undefined) shapes.set(`${kind}/${textAt(version, 'name')}`, shape);
    }
  }
  return shapes;
}

const MAX_DEPTH = 64;

function defaultsOf(items: unknown, keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const property = objectAt(items, 'properties', key);
      return property !== undefined && 'default' in property ? [[key, property.default]] : [];
    }),
  );
}

function fieldsOf(properties: JsonObject | undefined, depth: number): Pick<ListShape, 'fields'> {
  const fields = Object.entries(properties ?? {}).flatMap(([name, schema]) => {
    const shape = shapeOfSchema(schema, depth + 1);
    return shape === undefined ? [] : [[name, shape] as const];
  });
  return fields.length === 0 ? {} : { fields: Object.fromEntries(fields) };
}

function valuesOf(schema: unknown, depth: number): Pick<ListShape, 'values'> {
  const values = shapeOfSchema(schema, depth + 1);
  return values === undefined ? {} : { values };
}
