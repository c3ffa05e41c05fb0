import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressesOf } from './ranges.ts';

describe('the addresses of a pool', () => {
  const cases: readonly [string, Parameters<typeof addressesOf>[0], readonly string[]][] = [
    [
      'a range, without what is reserved',
      { ranges: ['10.0.0.254-10.0.1.2'], reserved: ['10.0.1.0'], prefix: 16 },
      ['10.0.0.254', '10.0.0.255', '10.0.1.1', '10.0.1.2'],
    ],
    [
      'a network, without its first and last address, its gateway and name servers',
      { ranges: ['10.0.0.0/29'], prefix: 29, gateway: '10.0.0.1', dns: ['10.0.0.6'] },
      ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'],
    ],
    [
      'IPv6',
      { ranges: ['2001:db8::ffff-2001:db8::1:1'], prefix: 64 },
      ['2001:db8:0:0:0:0:0:ffff', '2001:db8:0:0:0:0:1:0', '2001:db8:0:0:0:0:1:1'],
    ],
    ['one address', { ranges: ['10.0.0.9'], prefix: 24 }, ['10.0.0.9']],
    ['what is none', { ranges: ['10.0.0.9-nowhere', '10.0.0.0/99', 'x'], prefix: 24 }, []],
  ];
  for (const [title, pool, expected] of cases)
    test(title, () => assert.deepEqual([...addressesOf(pool)], expected));

  test('are never without end', () => {
    assert.equal([...addressesOf({ ranges: ['2001:db8::/32'], prefix: 64 })].length, 65_536);
  });
});
