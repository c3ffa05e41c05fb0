import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeClient, ObjectReference } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import { ownIdentity } from '../record/holder.ts';
import { sweepProbeNamespaces } from './probe-namespace.ts';

const NOW = '2026-01-01T12:00:00Z';

function namespace(name: string, holder: string, creationTimestamp = NOW): KubeObject {
  const annotations = { 'skerry.dev/holder': holder };
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, uid: name, annotations, creationTimestamp },
  };
}

async function swept(others: readonly KubeObject[]): Promise<string[]> {
  const gone: string[] = [];
  const own = namespace('own', ownIdentity());
  const client: Pick<KubeClient, 'list' | 'delete'> = {
    list: async () => ({ items: [own, ...others], resourceVersion: '1' }),
    delete: async ({ metadata }: ObjectReference) => {
      gone.push(metadata.name);
      return true;
    },
  };
  await sweepProbeNamespaces(client, own, new AbortController().signal);
  return gone;
}

test('what a run leaves that was killed on this machine goes, what one at work uses stays', async () => {
  const identity = ownIdentity().split(' ');
  const dead = identity.with(3, '1').join(' ');
  assert.deepEqual(await swept([namespace('live', ownIdentity()), namespace('dead', dead)]), ['dead']);
});

test('what another machine has left goes once no probe could still be at work in it', async () => {
  const away = 'root@elsewhere 7 boot 1';
  const others = [
    namespace('young', away, '2026-01-01T11:59:00Z'),
    namespace('old', away, '2026-01-01T11:00:00Z'),
    namespace('older-version', '', '2026-01-01T11:00:00Z'),
  ];
  assert.deepEqual(await swept(others), ['old', 'older-version']);
});

test('what is going already is let go', async () => {
  const going = namespace('old', '', '2026-01-01T11:00:00Z');
  const deletionTimestamp = '2026-01-01T11:59:00Z';
  assert.deepEqual(await swept([{ ...going, metadata: { ...going.metadata, deletionTimestamp } }]), []);
});
