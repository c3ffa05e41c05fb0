import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Encoder, ExtData, encode } from '@msgpack/msgpack';
import { isSkerryError } from '../../../content/error.ts';
import { type CtyType, Dynamic, isWhollyKnown, typeOfJson, UNKNOWN, type Value } from './value.ts';
import { decodeValue, encodeValue } from './wire.ts';

const PROFILE: CtyType = [
  'object',
  {
    name: 'string',
    count: 'number',
    on: 'bool',
    packs: ['list', ['object', { name: 'string', values: 'dynamic' }]],
    labels: ['map', 'string'],
  },
];

test('a value comes back as it was sent', () => {
  const value: Value = {
    name: 'edge',
    count: 3,
    on: true,
    packs: [
      { name: 'a', values: new Dynamic(['object', { x: 'number' }], { x: 1 }) },
      { name: 'b', values: null },
      { name: UNKNOWN, values: UNKNOWN },
    ],
    labels: { site: 'north' },
  };
  assert.deepEqual(decodeValue(encodeValue(value, PROFILE), PROFILE), value);
});

test('what an object lacks is null on the wire', () => {
  const decoded = decodeValue(encodeValue({ name: 'edge' }, PROFILE), PROFILE);
  assert.deepEqual(decoded, { name: 'edge', count: null, on: null, packs: null, labels: null });
});

test('any extension is unknown, refined or not', () => {
  for (const type of [0, 12, 127]) {
    const bytes = new Encoder().encode([new ExtData(type, new Uint8Array([0x81, 1, 0xc2]))]);
    assert.deepEqual(decodeValue(bytes, ['list', 'string']), [UNKNOWN], `extension ${type}`);
  }
  assert.equal(isWhollyKnown([UNKNOWN]), false);
  assert.equal(isWhollyKnown(new Dynamic(['list', 'string'], ['x'])), true);
});

test('numbers that no double holds come as texts', () => {
  assert.equal(decodeValue(encode('36893488147419103232'), 'number'), 2 ** 65);
});

test('what is no value of its type is refused', () => {
  const cases: readonly [unknown, CtyType][] = [
    [1, 'string'],
    ['x', 'bool'],
    ['x', 'number'],
    [[], ['map', 'string']],
    [{}, ['list', 'string']],
    ['x', 'dynamic'],
    [[new Uint8Array([0x22, 0x78, 0x22]), 1], 'dynamic'],
  ];
  for (const [plain, type] of cases)
    assert.throws(
      () => decodeValue(encode(plain), type),
      (error) => isSkerryError(error, 'PROVIDER_VALUE_INVALID'),
      JSON.stringify(type),
    );
});

test('JSON has the type that the language would give it', () => {
  assert.deepEqual(typeOfJson({ a: [1, 'x'], b: null }), [
    'object',
    { a: ['tuple', ['number', 'string']], b: 'dynamic' },
  ]);
});
