import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { definitionOf } from '../../api/custom-resource.ts';
import { SkerryAccount } from '../../infra/api/skerry-account.ts';
import { SkerryCluster } from '../../infra/api/skerry-cluster.ts';
import type { GatewayState } from './gateway-state.ts';
import { watchGateway } from './watch-gateway.ts';

test('a cluster becomes a gateway when the kinds come, and is none when they go', async () => {
  const server = await ScriptedApiServer.start();
  const stop = new AbortController();
  try {
    const seen: (GatewayState | undefined)[] = [];
    let changed = Promise.withResolvers<void>();
    const next = async () => {
      await changed.promise;
      changed = Promise.withResolvers();
      return seen.at(-1);
    };
    const watching = watchGateway({
      client: server.client(),
      clock: {
        now: () => performance.now(),
        sleep: async () => await new Promise((done) => setTimeout(done, 10)),
      },
      signal: stop.signal,
      onChange: (state) => {
        seen.push(state);
        changed.resolve();
      },
    });
    for (const kind of [SkerryAccount, SkerryCluster]) server.put(definitionOf(kind));
    assert.deepEqual(await next(), { running: 0, accounts: [], clusters: [] });
    server.put({
      apiVersion: 'infrastructure.skerry.dev/v1alpha1',
      kind: 'SkerryAccount',
      metadata: { name: 'lab', namespace: 'accounts' },
      spec: { origin: { project: 'shop', name: 'lab' } },
      status: { verified: true, at: '2026-01-01T00:00:00Z' },
    });
    assert.deepEqual(
      (await next())?.accounts.map(({ name }) => name),
      ['lab'],
    );
    await server.client().delete({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'skerryclusters.infrastructure.skerry.dev' },
    });
    assert.equal(await next(), undefined);
    stop.abort();
    await watching;
  } finally {
    stop.abort();
    await server.close();
  }
});
