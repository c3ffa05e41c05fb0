import assert from 'node:assert/strict';
import { test } from 'node:test';
import { infraError } from '../../errors.ts';
import type { Category, InventoryItem } from './inventory.ts';
import { missingFor } from './preflight.ts';

const { signal } = new AbortController();
const item = (path: string): InventoryItem => ({
  object: { type: 'Any', value: path },
  name: path.split('/').at(-1) ?? '',
  path,
  leads: { type: 'Any', value: `${path}/own` },
  freeBytes: undefined,
});
/** Two datacenters with a template of one name, and in the first two clusters. */
const THINGS: Readonly<Partial<Record<Category, readonly string[]>>> = {
  datacenter: ['/dc1', '/dc2'],
  machine: ['/dc1/vm/node', '/dc2/vm/node'],
  compute: ['/dc1/host/a', '/dc1/host/b', '/dc2/host/c'],
  network: ['/dc1/network/net-a', '/dc1/network/net-b'],
};
const inventory = {
  find: async (category: Category, name: string | undefined, below: string | undefined) => {
    const found = (THINGS[category] ?? []).filter(
      (path) =>
        (name === undefined || path.endsWith(`/${name}`)) &&
        (below === undefined || path.startsWith(`${below}/`)),
    );
    const [first, second] = found;
    if (first === undefined) return undefined;
    if (second !== undefined)
      throw infraError('PLACEMENT_UNKNOWN', {
        subject: `${category} ${name ?? ''}`,
        detail: 'there are several',
      });
    return item(first);
  },
};

const codesOf = async (shape: object) =>
  (await missingFor(inventory, [{ shape, count: 1 }], signal)).map(
    ({ code, subject }) => `${code} ${subject}`,
  );

test('a template is looked for in the datacenter of its placement', async () => {
  const placement = { datacenter: 'dc1', cluster: 'a' };
  assert.deepEqual(await codesOf({ template: 'node', placement }), []);
  assert.deepEqual(await codesOf({ template: 'none', placement }), ['TEMPLATE_UNKNOWN template none']);
});

test('where failure domains name the places, each of them is looked at and nothing else', async () => {
  const failureDomains = {
    east: { cluster: 'a', network: 'net-a' },
    west: { cluster: 'b', network: 'net-b' },
  };
  const shape = { template: 'node', placement: { datacenter: 'dc1', failureDomains } };
  assert.deepEqual(await codesOf(shape), []);
  const wrong = { ...failureDomains, north: { cluster: 'b', network: 'net-c' } };
  const placement = { datacenter: 'dc1', failureDomains: wrong };
  assert.deepEqual(await codesOf({ template: 'node', placement }), ['NETWORK_UNKNOWN network net-c']);
});
