import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { clusterObject, PROJECT, startHubCluster } from '../controller/testing/hub-cluster.ts';
import { enrollmentRoutes } from './enrollment-routes.ts';
import { makeEnrollment } from './make-enrollment.ts';

test('who lets a key in without looking must be allowed to write it into the cluster', async () => {
  const server = await ScriptedApiServer.start();
  try {
    const [route] = enrollmentRoutes({
      client: server.client(),
      catalog: {
        pack: () => assert.fail('no pack is named'),
        versions: () => assert.fail('no pack is named'),
      },
      door: () => assert.fail('nothing is made'),
      image: () => assert.fail('nothing is made'),
      version: '0.0.0',
      now: () => new Date(),
      randomId: () => 'id',
    });
    const raw = { params: { project: 'p', name: 'edge' }, query: {}, headers: {} };
    const actionsFor = (body: object) => route?.prepare({ ...raw, body }).bodyActions();
    assert.deepEqual(actionsFor({}), []);
    assert.deepEqual(actionsFor({ autoAccept: false }), []);
    assert.deepEqual(actionsFor({ autoAccept: true }), [
      { verb: 'update', group: 'skerry.dev', resource: 'clusters', namespace: 'p', name: 'edge' },
    ]);
  } finally {
    await server.close();
  }
});

test('there is no enrollment for a cluster that does not exist', async () => {
  const server = await startHubCluster();
  try {
    const options = { client: server.client(), now: () => new Date(), randomId: () => 'id' };
    const wanted = { project: PROJECT, name: 'edge', ttlSeconds: 60 };
    const { signal } = new AbortController();
    await assert.rejects(makeEnrollment(options, wanted, signal), (error) =>
      isSkerryError(error, 'CLUSTER_NOT_FOUND'),
    );
    const enrollment = `Enrollment.skerry.dev ${PROJECT}/e-id`;
    assert.equal(server.objects.find(enrollment), undefined);
    server.put(clusterObject('edge'));
    const { token } = await makeEnrollment(options, wanted, signal);
    assert.ok(!JSON.stringify(server.objects.find(enrollment)).includes(token));
  } finally {
    await server.close();
  }
});
