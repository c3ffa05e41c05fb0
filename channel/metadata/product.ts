/**
 * The name of a product line, which is also the name of its role. A letter comes first: other clients take names that
 * are whole numbers out of their order, and then refuse what was signed. No dots: `*` means other files elsewhere.
 */
export const PRODUCT_GRAMMAR = /^[a-z][a-z0-9-]{0,62}$/;

/** Names of TUF's own roles, which no product may have. */
const RESERVED = new Set(['root', 'targets', 'snapshot', 'timestamp', 'mirrors']);

export function isProductName(text: string): boolean {
  return PRODUCT_GRAMMAR.test(text) && !RESERVED.has(text);
}
