/**
 * The bytes of a JSON value, the same for the same value always: keys sorted, no white space, absent fields left out
 * (the JSON Canonicalization Scheme, RFC 8785).
 */
export function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(sorted(value)) ?? 'null');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  // RFC 8785, 3.2.3: by UTF-16 code units, which is how JavaScript compares. Integer-like keys come first in objects
  // whatever the order of making, and that is the same always as well.
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // A prototype-less object takes `__proto__` as the key that it is.
  const made: Record<string, unknown> = Object.create(null);
  for (const [key, field] of entries) made[key] = sorted(field);
  return made;
}
