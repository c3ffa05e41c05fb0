import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { readFileSecret, writeFileSecret } from './file-secret.ts';

test('a file for the agent is written over the one before, or given up where others write all the time', async () => {
  const server = await ScriptedApiServer.start();
  try {
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'system' } });
    const client = server.client();
    const write = async (text: string) =>
      await writeFileSecret(client, { namespace: 'system', name: 'inbox', text }, {});
    const read = async () => await readFileSecret(client, 'system', 'inbox', {});
    assert.equal(await read(), undefined);
    await write('one');
    server.fail({ method: 'PUT', path: /secrets/, times: 2, how: { status: 409 } });
    await write('two');
    assert.equal(await read(), 'two');
    server.fail({ method: 'PUT', path: /secrets/, times: 100, how: { status: 409 } });
    await assert.rejects(write('three'), (error) => isSkerryError(error, 'FILE_SECRET_CONTESTED'));
    await write('two');
    assert.equal(await read(), 'two');
  } finally {
    await server.close();
  }
});
