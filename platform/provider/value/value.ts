/**
 * Values of the language of OpenTofu and Terraform, as plain data: texts, numbers, booleans, null, arrays (list, set,
 * tuple), objects (map, object), and what plain data has no word for.
 */
export type Value =
  | null
  | string
  | number
  | boolean
  | readonly Value[]
  | { readonly [name: string]: Value }
  | Unknown
  | Dynamic;

/** What is only known after something else was applied. */
export class Unknown {
  readonly kind = 'unknown';
}
export const UNKNOWN = new Unknown();

/** A value whose type goes with it, where the schema says `dynamic`. */
export class Dynamic {
  readonly type: CtyType;
  readonly value: Value;

  constructor(type: CtyType, value: Value) {
    this.type = type;
    this.value = value;
  }
}

/** Types as the wire writes them, in JSON (docs/plugin-protocol/object-wire-format.md of OpenTofu). */
export type CtyType =
  | 'string'
  | 'number'
  | 'bool'
  | 'dynamic'
  | readonly ['list' | 'set' | 'map', CtyType]
  | readonly ['object', { readonly [name: string]: CtyType }]
  | readonly ['tuple', readonly CtyType[]];

export type ObjectValue = { readonly [name: string]: Value };

export function isObjectValue(value: Value | undefined): value is ObjectValue {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Unknown) &&
    !(value instanceof Dynamic)
  );
}

/** Whether nothing in it is unknown. */
export function isWhollyKnown(value: Value): boolean {
  if (value instanceof Unknown) return false;
  if (value instanceof Dynamic) return isWhollyKnown(value.value);
  if (isArrayValue(value)) return value.every(isWhollyKnown);
  return !isObjectValue(value) || Object.values(value).every(isWhollyKnown);
}

export function isArrayValue(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** The type that the language would give to JSON: lists as tuples, since their members may differ. */
export function typeOfJson(json: unknown): CtyType {
  if (typeof json === 'string') return 'string';
  if (typeof json === 'number') return 'number';
  if (typeof json === 'boolean') return 'bool';
  if (Array.isArray(json)) return ['tuple', json.map(typeOfJson)];
  if (typeof json === 'object' && json !== null)
    return [
      'object',
      Object.fromEntries(Object.entries(json).map(([name, part]) => [name, typeOfJson(part)])),
    ];
  return 'dynamic';
}
