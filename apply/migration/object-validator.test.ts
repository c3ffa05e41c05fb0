import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { objectValidator } from './object-validator.ts';

/** What is wrong with a spec under a schema for it. */
function problems(spec: unknown, schema: object): string[] {
  return objectValidator({ type: 'object', properties: { spec: schema } })({ spec });
}

describe('an object', () => {
  const fitting: Record<string, [unknown, object]> = {
    'null where it may be': [null, { type: 'string', nullable: true, enum: ['a'] }],
    'a number or a text': [
      '50%',
      { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    ],
    'the other of both': [50, { 'x-kubernetes-int-or-string': true }],
    'an integer with many digits': [9_007_199_254_740_993n, { type: 'integer', minimum: 1 }],
    "a duration in Go's words": ['1h30m', { type: 'string', format: 'duration' }],
    "a pattern in Go's words alone": ['ABC', { type: 'string', pattern: '(?i)^abc$' }],
    'what a limit leaves out': [2, { type: 'integer', minimum: 1, exclusiveMinimum: true }],
    'a field called as a keyword is': [
      { format: 'x', pattern: 'y' },
      { type: 'object', properties: { format: { type: 'string' }, pattern: { type: 'string' } } },
    ],
    'anything without a type': [{ a: [1] }, {}],
  };
  for (const [title, [spec, schema]] of Object.entries(fitting))
    test(`fits: ${title}`, () => assert.deepEqual(problems(spec, schema), []));

  const broken: Record<string, [unknown, object, RegExp]> = {
    'a limit that is left out': [
      1,
      { type: 'integer', minimum: 1, exclusiveMinimum: true },
      /^spec: does not fit/,
    ],
    'a required field': [{}, { type: 'object', required: ['owner'] }, /owner/],
    'another type': [
      { a: 'x' },
      { type: 'object', properties: { a: { type: 'integer' } } },
      /^spec\.a: does not fit type$/,
    ],
    'null where it may not be': [null, { type: 'string' }, /^spec: /],
    'none of a list': ['c', { type: 'string', enum: ['a', 'b'] }, /^spec: does not fit enum$/],
    'a pattern': ['x', { type: 'string', pattern: '^a' }, /pattern/],
    'neither number nor text': [true, { 'x-kubernetes-int-or-string': true }, /^spec: /],
    'in a list': [[1, 'x'], { type: 'array', items: { type: 'integer' } }, /^spec\.1: does not fit type$/],
  };
  for (const [title, [spec, schema, what]] of Object.entries(broken))
    test(`does not fit: ${title}`, () => {
      const found = problems(spec, schema);
      assert.match(found.join('; '), what);
    });

  test('is not repeated in what is said of it', () => {
    const found = problems('planted', { type: 'string', maxLength: 3, enum: ['a'] });
    assert.doesNotMatch(found.join(), /planted/);
  });
});
