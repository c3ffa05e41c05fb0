import { Decoder, Encoder, ExtData, ExtensionCodec } from '@msgpack/msgpack';
import { z } from 'zod';
import { platformError } from '../../errors.ts';
import { type CtyType, Dynamic, isArrayValue, isObjectValue, UNKNOWN, Unknown, type Value } from './value.ts';

/**
 * A value from MessagePack, by its type: any extension means unknown, whatever it says besides (refinements are hints
 * that may be passed over). Throws PROVIDER_VALUE_INVALID.
 */
export function decodeValue(bytes: Uint8Array, type: CtyType): Value {
  return fromPlain(decoder.decode(bytes), type);
}

/** A value as MessagePack, by its type; what an object lacks is null. */
export function encodeValue(value: Value, type: CtyType): Uint8Array {
  return encoder.encode(toPlain(value, type));
}

/** Types come as JSON, from outside. */
export const CtyTypeSchema: z.ZodType<CtyType> = z.lazy(() =>
  z.union([
    z.enum(['string', 'number', 'bool', 'dynamic']),
    z.tuple([z.enum(['list', 'set', 'map']), CtyTypeSchema]),
    z.tuple([z.literal('object'), z.record(z.string(), CtyTypeSchema)]),
    // An object type may say which of its attributes are optional; no value does.
    z
      .tuple([z.literal('object'), z.record(z.string(), CtyTypeSchema), z.array(z.string())])
      .transform(([, attributes]): CtyType => ['object', attributes]),
    z.tuple([z.literal('tuple'), z.array(CtyTypeSchema)]),
  ]),
);

const decoder = new Decoder({ extensionCodec: anyExtension() });
const encoder = new Encoder({ extensionCodec: unknownExtension(), ignoreUndefined: true });

function anyExtension(): ExtensionCodec {
  const codec = new ExtensionCodec();
  for (let type = 0; type < 128; type++) codec.register({ type, encode: () => null, decode: () => UNKNOWN });
  return codec;
}

function unknownExtension(): ExtensionCodec {
  const codec = new ExtensionCodec();
  const encode = (value: unknown) => (value instanceof Unknown ? new Uint8Array([0]) : null);
  codec.register({ type: 0, encode, decode: () => UNKNOWN });
  return codec;
}

function fromPlain(plain: unknown, type: CtyType): Value {
  if (plain === null || plain === undefined) return null;
  if (plain instanceof Unknown) return UNKNOWN;
  // Not one of the 128 that are the protocol's to use.
  if (plain instanceof ExtData) return UNKNOWN;
  if (type === 'dynamic') return fromDynamic(plain);
  if (type === 'string' && typeof plain === 'string') return plain;
  if (type === 'bool' && typeof plain === 'boolean') return plain;
  if (type === 'number') return fromNumber(plain);
  if (typeof type === 'string') throw invalid(`no ${type}`);
  const [kind, inner] = type;
  if ((kind === 'list' || kind === 'set') && Array.isArray(plain))
    return plain.map((part) => fromPlain(part, inner));
  if (kind === 'tuple' && Array.isArray(plain))
    return plain.map((part, index) => fromPlain(part, inner[index] ?? 'dynamic'));
  if (!isRecord(plain)) throw invalid(`no ${kind}`);
  const entries = Object.entries(plain);
  if (kind === 'map')
    return Object.fromEntries(entries.map(([name, part]) => [name, fromPlain(part, inner)]));
  if (kind !== 'object') throw invalid(`no ${kind}`);
  return Object.fromEntries(entries.map(([name, part]) => [name, fromPlain(part, inner[name] ?? 'dynamic')]));
}

function fromDynamic(plain: unknown): Value {
  const [bytes, value] = Array.isArray(plain) ? plain : [];
  if (!(bytes instanceof Uint8Array)) throw invalid('no dynamic value');
  const type = CtyTypeSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  if (!type.success) throw invalid('no type');
  return new Dynamic(type.data, fromPlain(value, type.data));
}

// What no double holds comes as a text.
function fromNumber(plain: unknown): number {
  const number = typeof plain === 'string' || typeof plain === 'bigint' ? Number(plain) : plain;
  if (typeof number === 'number' && !Number.isNaN(number)) return number;
  throw invalid('no number');
}

function toPlain(value: Value | undefined, type: CtyType): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Unknown) return value;
  if (type === 'dynamic') {
    if (!(value instanceof Dynamic)) throw invalid('a value without its type');
    return [Buffer.from(JSON.stringify(value.type)), toPlain(value.value, value.type)];
  }
  if (value instanceof Dynamic || typeof type === 'string') return value;
  const [kind, inner] = type;
  if (isArrayValue(value)) {
    return kind === 'tuple'
      ? value.map((part, index) => toPlain(part, inner[index] ?? 'dynamic'))
      : value.map((part) => toPlain(part, kind === 'list' || kind === 'set' ? inner : 'dynamic'));
  }
  if (!isObjectValue(value)) throw invalid(`no ${kind}`);
  if (kind === 'object')
    return Object.fromEntries(
      Object.entries(inner).map(([name, part]) => [name, toPlain(value[name], part)]),
    );
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, toPlain(part, kind === 'map' ? inner : 'dynamic')]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(detail: string) {
  return platformError('PROVIDER_VALUE_INVALID', { subject: 'plugin protocol', detail });
}
