import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { nodeAddresses, siteOf } from './site.ts';

const node = (name: string, creationTimestamp: string, address?: string) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, creationTimestamp },
  status: { addresses: address === undefined ? [] : [{ type: 'InternalIP', address }] },
});
const listing = (...items: ReturnType<typeof node>[]) => ({
  list: async () => ({ items, resourceVersion: '1' }),
});
const signal = AbortSignal.timeout(5_000);

test('agents find the hub at the nodes that are there longest', async () => {
  const nodes = [
    node('d', '2026-01-04T00:00:00Z', '192.0.2.4'),
    node('a', '2026-01-01T00:00:00Z', 'fd00::1'),
    node('b', '2026-01-02T00:00:00Z', '192.0.2.2'),
    node('c', '2026-01-03T00:00:00Z', '192.0.2.3'),
  ];
  assert.deepEqual(nodeAddresses(nodes), ['fd00::1', '192.0.2.2', '192.0.2.3']);
  const site = await siteOf(listing(...nodes), { urls: [] }, signal);
  assert.deepEqual(site, {
    urls: ['https://[fd00::1]:31844', 'https://192.0.2.2:31844', 'https://192.0.2.3:31844'],
    registry: { ip: 'fd00::1', port: 31_999 },
  });
});

test('what was given counts, and a cluster whose nodes have no address says so', async () => {
  const given = { urls: ['https://hub.example'], registry: { ip: '192.0.2.9', port: 5000 } };
  assert.deepEqual(await siteOf(listing(), given, signal), given);
  const nowhere = siteOf(listing(node('a', '2026-01-01T00:00:00Z')), { urls: given.urls }, signal);
  await assert.rejects(nowhere, (error) => isSkerryError(error, 'SITE_UNKNOWN'));
});
