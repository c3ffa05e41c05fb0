import { type CtyType, Dynamic, type Value } from './value.ts';
import { CtyTypeSchema } from './wire.ts';

/**
 * A value from the JSON that states are kept in. What a state of an earlier version has besides is left out, and what it
 * lacks is null.
 */
export function valueOfState(json: unknown, type: CtyType): Value {
  if (json === null || json === undefined) return null;
  if (type === 'dynamic') return dynamicOfState(json);
  if (typeof type === 'string') return scalarOf(json, type);
  const [kind, inner] = type;
  if (kind === 'list' || kind === 'set') return arrayOf(json).map((part) => valueOfState(part, inner));
  if (kind === 'tuple')
    return arrayOf(json).map((part, index) => valueOfState(part, inner[index] ?? 'dynamic'));
  const members = typeof json === 'object' ? Object.entries(json) : [];
  if (kind === 'map')
    return Object.fromEntries(members.map(([name, part]) => [name, valueOfState(part, inner)]));
  const known = new Map<string, unknown>(members);
  return Object.fromEntries(
    Object.entries(inner).map(([name, part]) => [name, valueOfState(known.get(name), part)]),
  );
}

function dynamicOfState(json: unknown): Value {
  if (typeof json !== 'object' || json === null || !('type' in json) || !('value' in json)) return null;
  const type = CtyTypeSchema.safeParse(json.type);
  return type.success ? new Dynamic(type.data, valueOfState(json.value, type.data)) : null;
}

function scalarOf(json: unknown, type: 'string' | 'number' | 'bool'): Value {
  if (type === 'string') return typeof json === 'string' ? json : String(json);
  if (type === 'number') return Number(json);
  return json === true || json === 'true';
}

function arrayOf(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : [];
}
