import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { CAPI_CLUSTERS, PAUSED_FOR, pauseClusters } from './pause.ts';

const signal = AbortSignal.timeout(60_000);

/** Clusters whose controllers see a pause after so many looks. */
function gateway(seenAfter: number) {
  const cluster = (name: string, spec: object): KubeObject => ({
    ...CAPI_CLUSTERS,
    metadata: { name, namespace: 'clusters-p' },
    spec,
  });
  const clusters = new Map(
    [cluster('one', {}), cluster('still', { paused: true })].map((one) => [one.metadata.name, one]),
  );
  let looks = 0;
  const client = {
    list: async () => {
      const status = looks++ > seenAfter ? 'True' : 'False';
      const seen = { status: { conditions: [{ type: 'Paused', status }] } };
      return { items: [...clusters.values()].map((one) => ({ ...one, ...seen })), version: '1' };
    },
    patch: async (object: KubeObject, change: Partial<KubeObject>) => {
      const { metadata } = object;
      const changed = { ...object, spec: change.spec, metadata: { ...metadata, ...change.metadata } };
      clusters.set(metadata.name, changed);
      return changed;
    },
    watch: async function* () {},
  };
  return { clusters, client: client as unknown as Pick<KubeClient, 'list' | 'patch' | 'watch'> };
}

/** A clock on which a minute goes by at each look. */
function hurried() {
  let now = 0;
  return { now: () => (now += 60_000), sleep: async () => undefined };
}

test('clusters are paused for a piece of work, and those that people had paused bear no mark of it', async () => {
  const { clusters, client } = gateway(1);
  await pauseClusters(client, 'move-1', signal, hurried());
  assert.equal(clusters.get('one')?.metadata.annotations?.[PAUSED_FOR], 'move-1');
  assert.equal(clusters.get('still')?.metadata.annotations, undefined);
});

test('controllers that never see the pause end the wait, and nothing goes on', async () => {
  const { client } = gateway(1_000_000);
  await assert.rejects(pauseClusters(client, 'move-1', signal, hurried()), (error) =>
    isSkerryError(error, 'GATEWAY_NOT_PAUSED'),
  );
});
