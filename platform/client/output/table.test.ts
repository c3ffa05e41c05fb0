import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { age } from './age.ts';
import { Table, table } from './table.ts';

describe('tables', () => {
  test('have columns as wide as they need, and keep them when rows are added', () => {
    const shown = new Table(['NAME', 'STATE']);
    assert.equal(shown.add([['edge-1', '']]), 'NAME    STATE\nedge-1  -');
    assert.equal(shown.add([['b', 'Ready']]), 'b       Ready');
    assert.equal(table(['NAME'], []), 'none');
  });

  test('let nothing from outside steer the terminal', () => {
    assert.ok(
      !table(['NAME'], [['\u001b[2Ja\nb']])
        .slice(5)
        .match(/\p{Cc}/u),
    );
  });
});

test('ages are in the largest unit of which there are two', () => {
  const now = Date.parse('2030-01-10T00:00:00Z');
  const ages = [
    [-5, '0s'],
    [119, '119s'],
    [120, '2m'],
    [7199, '119m'],
    [7200, '2h'],
    [172_800, '2d'],
  ] as const;
  for (const [seconds, expected] of ages)
    assert.equal(age(new Date(now - seconds * 1000).toISOString(), now), expected);
  assert.equal(age(undefined, now), '');
});
