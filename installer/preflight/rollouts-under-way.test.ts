import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { rolloutWarnings } from './rollouts-under-way.ts';

describe('rollouts before going back', () => {
  let server: ScriptedApiServer;
  before(async () => {
    server = await ScriptedApiServer.start();
  });
  after(() => server.close());

  const warnings = (limitMs?: number) =>
    rolloutWarnings(server.client(), AbortSignal.timeout(20_000), limitMs);

  test('are none where the platform is not there', async () => {
    assert.deepEqual(await warnings(), []);
  });

  test('are named, with how far they are', async () => {
    server.put(
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'rollouts.skerry.dev' },
        spec: {
          ...{ group: 'skerry.dev', scope: 'Namespaced', names: { kind: 'Rollout', plural: 'rollouts' } },
          versions: [{ name: 'v1alpha1', served: true, storage: true }],
        },
      },
      {
        apiVersion: 'skerry.dev/v1alpha1',
        kind: 'Rollout',
        metadata: { name: 'base', namespace: 'team' },
        spec: { profile: 'base', version: '1.1.0' },
        status: { phase: 'Running', total: 4, ready: 'three' },
      },
    );
    const [warning, ...others] = await warnings();
    assert.equal(others.length, 0);
    assert.match(warning ?? '', /^Rollout team\/base: it brings base 1\.1\.0 to clusters, 0 of 4 are ready/);
  });

  test('that can’t be looked at, or not in time, do not hold going back up', async () => {
    server.fail({ path: /rollouts/, how: { status: 403 }, times: 100 });
    assert.match((await warnings()).join(), /could not be looked at/);
    server.mend();
    server.fail({ path: /rollouts/, how: 'hang', times: 100 });
    assert.match((await warnings(50)).join(), /could not be looked at/);
    server.mend();
  });

  test('a stop is a stop', async () => {
    const stop = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(rolloutWarnings(server.client(), stop), /stopped/);
  });
});
