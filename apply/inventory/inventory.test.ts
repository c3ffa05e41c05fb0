import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { applyError } from '../errors.ts';
import { at } from '../json.ts';
import type { KubeObject, ObjectId } from '../object.ts';
import { forgetInInventory, readInventory, recordInInventory } from './inventory.ts';

const inventory = { name: 'i', namespace: 'n' };
const id = (name: string, more: Partial<ObjectId> = {}): ObjectId => ({
  group: '',
  kind: 'Secret',
  namespace: 'n',
  name,
  ...more,
});

/** One object with optimistic concurrency, as the API server keeps it. */
class OneObject {
  kept: KubeObject | undefined;
  writes = 0;
  /** Called before each write: another writer. */
  rival: (() => void) | undefined;

  get = async () => this.kept;
  create = async (object: KubeObject) => this.write(object, undefined);
  replace = async (object: KubeObject) => this.write(object, object.metadata.resourceVersion);

  write(object: KubeObject, expected: string | undefined): KubeObject {
    const rival = this.rival;
    this.rival = undefined;
    rival?.();
    if (this.kept?.metadata.resourceVersion !== expected)
      throw applyError('OBJECT_CHANGED', { subject: 'i' });
    this.writes++;
    this.kept = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.writes) } };
    return this.kept;
  }
}

describe('the inventory', () => {
  test('it holds what was recorded and not forgotten', async () => {
    const client = new OneObject();
    assert.deepEqual(await readInventory(client, inventory), []);
    await recordInInventory(client, inventory, [id('b'), id('a')]);
    await recordInInventory(client, inventory, [
      id('system:x', { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', namespace: undefined }),
    ]);
    await forgetInInventory(client, inventory, [id('b'), id('never there')]);
    assert.equal(
      at(client.kept, 'data', 'objects'),
      'ClusterRole.rbac.authorization.k8s.io system:x\nSecret n/a\n',
    );
  });

  test('nothing new is no write', async () => {
    const client = new OneObject();
    await recordInInventory(client, inventory, [id('a')]);
    await recordInInventory(client, inventory, [id('a')]);
    await forgetInInventory(client, inventory, [id('b')]);
    assert.equal(client.writes, 1);
  });

  test('two that write at the same time both get in', async () => {
    const client = new OneObject();
    client.rival = () =>
      client.write(
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'i' },
          data: { objects: 'Secret n/theirs\n' },
        },
        undefined,
      );
    await recordInInventory(client, inventory, [id('ours')]);
    assert.deepEqual(
      (await readInventory(client, inventory)).map(({ name }) => name),
      ['ours', 'theirs'],
    );
  });

  test('a line that cannot be read stops everything', async () => {
    const client = new OneObject();
    client.write(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'i' }, data: { objects: '???\n' } },
      undefined,
    );
    await assert.rejects(recordInInventory(client, inventory, [id('a')]), (error) =>
      isSkerryError(error, 'MANIFESTS_UNREADABLE'),
    );
  });
});
