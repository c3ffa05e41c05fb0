import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { listAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { isSkerryError } from '../../content/error.ts';
import { pullOnNodes } from './pull-on-nodes.ts';

describe('nodes pull', () => {
  let server: ScriptedApiServer;
  before(async () => {
    server = await ScriptedApiServer.start();
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-system' } });
  });
  after(async () => await server.close());
  let made: KubeObject[] = [];
  beforeEach(() => {
    made = [];
  });

  /** What the kubelet says of each container. */
  function say(state: object): void {
    server.objects.controller = (object) => {
      if (object.kind !== 'Pod') return object;
      if (object.metadata.deletionTimestamp === undefined) made.push(object);
      const containerStatuses = listAt(object, 'spec', 'containers').map(() => ({ state }));
      return { ...object, status: { phase: 'Pending', containerStatuses } };
    };
  }

  async function pull(images: readonly string[], nodes: readonly string[]): Promise<void> {
    let now = 0;
    const clock = {
      now: () => now,
      sleep: async (ms: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        now += ms;
      },
    };
    const signal = new AbortController().signal;
    await pullOnNodes({
      client: server.client(),
      images,
      nodes,
      id: 'i',
      signal,
      clock,
      onProgress: () => {},
    });
  }

  const pods = () => server.objects.all().filter(({ kind }) => kind === 'Pod');

  test('by one pod each, which is gone in the end', async () => {
    say({ terminated: { reason: 'StartError' } });
    await pull(['localhost:31999/a:1', 'localhost:31999/b:1'], ['n1', 'n2']);
    assert.equal(new Set(made.map(({ metadata }) => metadata.name)).size, 2);
    assert.deepEqual(pods(), []);
  });

  test('nothing where there is nothing new', async () => {
    say({ terminated: {} });
    await pull([], ['n1']);
    assert.deepEqual(made, []);
  });

  test('in pods of a size that no limit minds', async () => {
    say({ terminated: {} });
    await pull(
      Array.from({ length: 120 }, (_, index) => `localhost:31999/a:${index}`),
      ['n1'],
    );
    const sizes = new Map(made.map((pod) => [pod.metadata.name, listAt(pod, 'spec', 'containers').length]));
    assert.deepEqual([...sizes.values()].sort(), [20, 50, 50]);
  });

  test('and one that can’t is told with what its runtime said', async () => {
    say({ waiting: { reason: 'ImagePullBackOff', message: 'no space left on device' } });
    await assert.rejects(pull(['localhost:31999/a:1'], ['n1']), (error) => {
      assert.ok(isSkerryError(error, 'NODE_CANNOT_PULL'), String(error));
      assert.deepEqual([error.subject, error.detail], ['node n1', 'no space left on device']);
      return true;
    });
    assert.deepEqual(pods(), []);
  });
});
