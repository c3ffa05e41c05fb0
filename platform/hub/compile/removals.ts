import type { Envelope } from '../../desired/envelope.ts';

export type Removal = Envelope['remove'][number];

/** What the agent said last, as far as it matters for removing. */
export interface Acknowledged {
  /** Of the envelope that it holds. */
  readonly number: number;
  readonly removed: readonly string[];
}

/**
 * What the next envelope names for removal: each layer of the last envelope, and each that it still names for removal,
 * unless it is a layer again or the agent said, about this very envelope, that it is gone. Nothing else ever.
 */
export function removalsAfter(
  last: Pick<Envelope, 'number' | 'layers' | 'remove'> | undefined,
  layers: readonly { readonly name: string }[],
  acknowledged: Acknowledged | undefined,
): Removal[] {
  if (last === undefined) return [];
  const kept = new Set(layers.map(({ name }) => name));
  // A report about an earlier envelope may speak of an earlier removal of a layer that has come back since.
  const gone = new Set(acknowledged?.number === last.number ? acknowledged.removed : []);
  const left = last.layers.filter(({ name }) => !kept.has(name));
  const unreported = last.remove.filter(({ name }) => !kept.has(name) && !gone.has(name));
  return [...unreported, ...left.map(({ name, namespace, onRemove }) => ({ name, namespace, onRemove }))];
}
