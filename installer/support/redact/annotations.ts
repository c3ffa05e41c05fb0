/** Whole objects as somebody once applied them, with all that was in them. */
const COPIES = /(?:^|\/)(?:last-applied-configuration|last-applied|original-object)$/;

export function isKeptAnnotation(key: string): boolean {
  return !COPIES.test(key);
}
