import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { clusterObject, PROJECT, startHubCluster } from '../controller/testing/hub-cluster.ts';
import { change, clusterReference } from './stored.ts';

test('a change is made to what others made of the object, or given up where they never rest', async () => {
  const server = await startHubCluster();
  try {
    server.put(clusterObject('edge'));
    const find = () => server.objects.find(`Cluster.skerry.dev ${PROJECT}/edge`);
    /** So often, somebody else writes between the read and the write. */
    const pause = async (paused: boolean, others: number) => {
      let left = others;
      const to = (object: NonNullable<ReturnType<typeof find>>) => {
        const now = find();
        if (now !== undefined && left-- > 0)
          server.objects.replace({ ...now, metadata: { ...now.metadata, labels: { left: `${left}` } } });
        return { ...object, spec: { paused } };
      };
      await change(server.client(), { reference: clusterReference(PROJECT, 'edge'), to }, {});
    };
    await pause(true, 3);
    assert.deepEqual([find()?.spec, find()?.metadata.labels], [{ paused: true }, { left: '0' }]);
    await assert.rejects(pause(false, 1000), (error) => isSkerryError(error, 'CLUSTER_CHANGING'));
    assert.deepEqual(find()?.spec, { paused: true });
  } finally {
    await server.close();
  }
});
