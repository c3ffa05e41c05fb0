import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absoluteText, ageText, spanText } from './age-text.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');

test('an age is the largest unit of which there are two', () => {
  const ago = (seconds: number) => ageText(new Date(NOW - seconds * 1000).toISOString(), NOW);
  assert.equal(ago(1), 'just now');
  assert.equal(ago(90), '90 seconds ago');
  assert.equal(ago(600), '10 minutes ago');
  assert.equal(ago(21 * 3600), '21 hours ago');
  assert.equal(ago(3 * 365 * 86_400), '3 years ago');
  assert.equal(ago(-7200), 'in 2 hours');
  assert.equal(ago(-9), 'just now');
  assert.equal(ago(-60), 'in 60 seconds');
  assert.equal(ageText(undefined, NOW), '');
  assert.equal(ageText('never', NOW), '');
});

test('one of a unit is one', () => {
  assert.equal(spanText(1), '1 second');
  assert.equal(spanText(0), '0 seconds');
  assert.equal(spanText(119), '119 seconds');
});

test('a time in full is in UTC too', () => {
  assert.match(absoluteText('2026-11-29T12:00:00.123Z'), /\(2026-11-29 12:00:00 UTC\)$/);
  assert.equal(absoluteText('x'), '');
});
