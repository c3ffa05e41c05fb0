import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { Cluster } from '../../api/cluster.ts';
import { SeenObjects } from '../watched/seen-objects.ts';
import { listObjects } from './object-list.ts';

describe('a list of objects', () => {
  const { signal } = new AbortController();
  const request = { kind: Cluster, projects: 'all', limit: 10, signal } as const;
  const object = (name: string) => ({
    apiVersion: 'skerry.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name, namespace: 'p', resourceVersion: '1' },
  });

  test('costs the API server nothing once all were seen', async () => {
    const seen = new SeenObjects(Cluster);
    seen.see({ type: 'listed', objects: [object('a')], resourceVersion: '7' });
    const read = async () => await Promise.reject(new Error('was asked'));
    const { total, version } = await listObjects(
      { client: { read }, seen: new Map([['clusters', seen]]) },
      request,
    );
    assert.deepEqual([total, version], [1, '7']);
  });

  test('says so where the API server loses its place', async () => {
    const read = async () => ({ status: 410, text: '{}' });
    await assert.rejects(listObjects({ client: { read }, seen: new Map() }, request), (error) =>
      isSkerryError(error, 'PAGE_EXPIRED'),
    );
  });

  test('of 2,000 objects is found and put in order without delay', async () => {
    const seen = new SeenObjects(Cluster);
    const objects = Array.from({ length: 2000 }, (_, index) => object(`cluster-${index}`));
    seen.see({ type: 'listed', objects, resourceVersion: '7' });
    const read = async () => await Promise.reject(new Error('was asked'));
    const world = { client: { read }, seen: new Map([['clusters', seen]]) };
    const found = await listObjects(world, { ...request, filter: '-199', sort: 'age' });
    assert.equal(found.total, 11);
    const start = process.cpuUsage();
    for (let round = 0; round < 10; round++)
      await listObjects(world, { ...request, filter: '-199', sort: 'age' });
    const { user, system } = process.cpuUsage(start);
    // 100 ms each is the promise; it takes some two.
    assert.ok(user + system < 1_000_000, `${(user + system) / 10_000} ms each`);
  });
});
