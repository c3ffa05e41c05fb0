import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { troubleInShape } from './json-shape.ts';

const trouble = (text: string) => troubleInShape(Buffer.from(text));

test('JSON that is no deeper than sixty-four and has not too many values is let through', () => {
  fc.assert(fc.property(fc.json({ maxDepth: 60 }), (text) => trouble(text) === undefined));
  assert.equal(trouble('['.repeat(64) + ']'.repeat(64)), undefined);
});

test('brackets, commas and quotes within strings count for nothing', () => {
  const text = `${'[{'.repeat(1000)}${','.repeat(300_000)}"\\`;
  assert.equal(trouble(JSON.stringify({ [text]: text })), undefined);
});

test('what is nested deeper is refused, whole or not', () => {
  for (const piece of ['[', '{"a":', '[{"a\\"":', ' [ ']) {
    assert.match(trouble(piece.repeat(100)) ?? '', /nested/);
    assert.match(trouble(`{"schemaVersion":2,"x":"]]]","y":${piece.repeat(1_000_000)}`) ?? '', /nested/);
  }
});

test('more values than a manifest could have are refused', () => {
  assert.match(trouble(`[${'0,'.repeat(300_000)}0]`) ?? '', /values/);
  assert.match(trouble(`{${'"":0,'.repeat(300_000)}"":0}`) ?? '', /values/);
});
