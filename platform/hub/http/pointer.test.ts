import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointerOf } from './pointer.ts';

test('a field becomes a JSON pointer, whatever its names are made of', () => {
  assert.equal(pointerOf('spec.packs[0].digest'), '/spec/packs/0/digest');
  assert.equal(pointerOf('labels["skerry.dev/a~b"]'), '/labels/skerry.dev~1a~0b');
  assert.equal(pointerOf('labels[site]'), '/labels/site');
  assert.equal(pointerOf(''), '');
});
