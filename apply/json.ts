/** Reading into plain values of unknown shape, as the fields of custom resources are. */

declare global {
  interface JSON {
    /** ECMAScript, "JSON.parse source text access": text that stringify puts in as it is. */
    rawJSON(text: string): unknown;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * JSON of plain values, where an integer that a double can't hold is a bigint and keeps its digits: Kubernetes has
 * 64-bit integers.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? JSON.rawJSON(part.toString()) : part,
  );
}

/** Reads what jsonText writes. */
export function parseJson(text: string): unknown {
  // Rare, and a reviver makes reading many times slower.
  if (!LARGE_INTEGER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value: unknown, { source }: { source?: string | undefined } = {}) =>
    typeof value === 'number' && source !== undefined && isLargeInteger(source) ? BigInt(source) : value,
  );
}

const LARGE_INTEGER = /[:[,\s]-?\d{16}/;

function isLargeInteger(source: string): boolean {
  return /^-?\d{16,}$/.test(source) && !Number.isSafeInteger(Number(source));
}

/** The value at a path of keys, or undefined where the path ends early. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (!isJsonObject(current)) return undefined;
    current = current[key];
  }
  return current;
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function objectAt(value: unknown, ...path: readonly string[]): JsonObject | undefined {
  const found = at(value, ...path);
  return isJsonObject(found) ? found : undefined;
}

/** The list at a path; empty where there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
