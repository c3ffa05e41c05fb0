import type { CtyType } from '../value/value.ts';

/** One attribute of a resource, and the field of the hub's object that it stands for. */
export interface Attribute {
  /** As people write it: `timeout_seconds`. */
  readonly name: string;
  /** As the hub has it: `timeoutSeconds`. */
  readonly field: string;
  readonly description?: string | undefined;
  readonly type: AttributeType;
  readonly presence: 'required' | 'optional' | 'computed' | 'optional-computed';
  readonly isSensitive?: boolean | undefined;
}

export type AttributeType =
  | { readonly kind: 'plain'; readonly type: CtyType }
  /** JSON of any shape. */
  | { readonly kind: 'dynamic' }
  | { readonly kind: 'single' | 'list'; readonly attributes: readonly Attribute[] };

/** The type of a value of these attributes. */
export function objectTypeOf(attributes: readonly Attribute[]): CtyType {
  return ['object', Object.fromEntries(attributes.map(({ name, type }) => [name, typeOf(type)]))];
}

export function typeOf(type: AttributeType): CtyType {
  if (type.kind === 'plain') return type.type;
  if (type.kind === 'dynamic') return 'dynamic';
  const object = objectTypeOf(type.attributes);
  return type.kind === 'single' ? object : ['list', object];
}

/** `timeoutSeconds` as `timeout_seconds`, `memoryMiB` as `memory_mib`: a unit is one word. */
export function snakeCase(name: string): string {
  return name
    .replace(/([KMGT]i)B/g, '$1b')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
