import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { helmRecord } from '../testing/helm-record.ts';
import { releaseObjects } from './release-objects.ts';

const RELEASE = { name: 'web', namespace: 'web' };
const config = (value: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web', namespace: 'web' },
  data: { value },
});

test('what a deployed revision has applied is held, and nothing while the next one has failed half way', async () => {
  const server = await ScriptedApiServer.start();
  try {
    const client = server.client();
    assert.equal(await releaseObjects(client, RELEASE), undefined);
    server.put(helmRecord({ ...RELEASE, revision: 1, status: 'deployed', objects: [config('old')] }));
    assert.deepEqual(
      (await releaseObjects(client, RELEASE))?.map(({ data }) => data),
      [{ value: 'old' }],
    );
    server.put(helmRecord({ ...RELEASE, revision: 2, status: 'failed', objects: [config('new')] }));
    assert.equal(await releaseObjects(client, RELEASE), undefined);
  } finally {
    await server.close();
  }
});
