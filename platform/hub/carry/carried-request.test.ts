import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { readCarried, writeCarried } from './carried-request.ts';

test('what an agent asked for by file is kept, or given up where others write all the time', async () => {
  const server = await ScriptedApiServer.start();
  try {
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'hub' } });
    const client = server.client();
    const place = { namespace: 'hub', project: 'ships', name: 'one' };
    const request = (key: string) => ({ key, publicKey: 'PEM' });
    const write = async (key: string) => await writeCarried(client, place, request(key), {});
    assert.equal(await readCarried(client, place, {}), undefined);
    await write('a');
    server.fail({ method: 'PUT', path: /configmaps/, times: 2, how: { status: 409 } });
    await write('b');
    server.fail({ method: 'PUT', path: /configmaps/, times: 100, how: { status: 409 } });
    await assert.rejects(write('c'), (error) => isSkerryError(error, 'CLUSTER_CHANGING'));
    assert.deepEqual(await readCarried(client, place, {}), request('b'));
  } finally {
    await server.close();
  }
});
