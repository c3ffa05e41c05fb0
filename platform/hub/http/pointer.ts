/** The JSON pointer (RFC 6901) of a field that is written as `spec.packs[0].digest` or `labels["a/b"]`. */
export function pointerOf(path: string): string {
  const found = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g);
  return pointer([...found].map(([, quoted, bracketed, name]) => quoted ?? bracketed ?? name ?? ''));
}

/** The JSON pointer of names and places. */
export function pointer(steps: readonly (string | number)[]): string {
  return steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
