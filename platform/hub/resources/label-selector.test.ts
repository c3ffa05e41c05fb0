import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { labelSelector } from './label-selector.ts';

test('a selector means what kubectl means by it', () => {
  const labels = { site: 'north', 'skerry.dev/tier': 'test', empty: '' };
  const fits = (selector: string) => labelSelector(selector)(labels);
  for (const selector of [
    'site',
    'site=north',
    'site == north',
    'site!=south',
    'other!=x',
    '!other',
    'site in (north, south)',
    'site notin (south)',
    'other notin (x)',
    'empty=',
    'site in (south,north),skerry.dev/tier=test',
  ])
    assert.ok(fits(selector), selector);
  for (const selector of [
    'other',
    '!site',
    'site=south',
    'site!=north',
    'site in (south)',
    'site=north,other',
    'constructor',
  ])
    assert.ok(!fits(selector), selector);
  for (const selector of ['', 'a b', 'site in north', '=x', 'a=b,', 'a in ()b'])
    assert.throws(
      () => labelSelector(selector),
      (error) => isSkerryError(error, 'REQUEST_INVALID'),
      selector,
    );
});
