import type { Attribute } from './attribute.ts';

/** A kind of the hub's objects in the words of a provider. */
export interface ProviderKind {
  readonly kind: string;
  readonly plural: string;
  readonly description: string;
  /** Fields of the spec that a configuration may set; those that only others write are left out. */
  readonly spec: readonly Attribute[];
  /** All fields as they are read, for kinds that are data sources too. */
  readonly read?: { readonly spec: readonly Attribute[]; readonly status: readonly Attribute[] } | undefined;
}
