import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { definitionOf } from '../../api/custom-resource.ts';
import { makeSealingKey } from '../../desired/seal.ts';
import { SkerryCluster } from '../../infra/api/skerry-cluster.ts';
import { pullBackup } from '../../infra/backup/backup-artifact.ts';
import { backupSettingsObject } from '../../infra/backup/backup-settings.ts';
import { openBackup } from '../../infra/backup/gateway-backup.ts';
import { keepBackups } from './keep-backups.ts';

const HOUR = 3600_000;

test('a backup is made on change and once a day, and the site opens what the agent can not', async () => {
  const server = await ScriptedApiServer.start();
  const stop = new AbortController();
  const store = new MemoryStore();
  const { publicJwk, privateJwk } = await makeSealingKey();
  try {
    server.put(definitionOf(SkerryCluster));
    const { kty = '', crv = '', x = '' } = publicJwk;
    const registry = { address: 'https://registry.test', repository: 'gateway/lab' };
    server.put(backupSettingsObject('skerry-system', { key: { ...publicJwk, kty, crv, x }, registry }));
    const edge = {
      apiVersion: 'infrastructure.skerry.dev/v1alpha1',
      kind: 'SkerryCluster',
      metadata: { name: 'edge', namespace: 'clusters-shop' },
      spec: { origin: { project: 'shop', name: 'edge', id: '1' }, account: { namespace: 'a', name: 'lab' } },
    };
    server.put(edge);
    const client = server.client();
    let time = Date.parse('2026-01-01T00:00:00Z');
    const made: string[] = [];
    // What happens in each of the pauses between two looks.
    const pauses: (() => Promise<unknown> | undefined)[] = [
      async () => await client.patch(edge, { status: { conditions: [] } }, { subresource: 'status' }),
      async () => await client.patch(edge, { spec: { placement: { folder: 'x' } } }),
      () => undefined,
      async () => {
        time += 24 * HOUR;
      },
    ];
    const counts: number[] = [];
    await keepBackups({
      client,
      namespace: 'skerry-system',
      clock: {
        now: () => time,
        sleep: async () => {
          counts.push(new Set(made).size);
          time += 300_000;
          const next = pauses.shift();
          if (next === undefined) stop.abort();
          else await next();
        },
      },
      now: () => new Date(time),
      log: { error: (error) => assert.fail(String(error)) },
      signal: stop.signal,
      isGateway: () => true,
      onBackup: ({ digest }) => made.push(digest),
      open: () => Object.assign(store, { close: async () => undefined }),
    });
    assert.deepEqual(counts, [1, 1, 2, 2, 3]);
    const sealed = await pullBackup(store, 'gateway/lab', 'latest', AbortSignal.timeout(5000));
    const backup = await openBackup(sealed, privateJwk, 'latest');
    assert.deepEqual(
      backup.objects.map(({ metadata: { name } }) => name),
      ['edge'],
    );
    assert.equal((await store.listTags('gateway/lab')).length, 3);
  } finally {
    await server.close();
  }
});
