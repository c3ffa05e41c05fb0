import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeClient, ObjectReference, Selection } from '../../apply/client/client.ts';
import type { Clock } from '../../apply/clock.ts';
import { applyError } from '../../apply/errors.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { checkReachability, isRefusedOnLoopback, pullState } from './reachability.ts';

test('an image counts as pulled as soon as its container was made, whatever became of that', () => {
  for (const state of [
    { running: {} },
    { terminated: { exitCode: 1 } },
    { waiting: { reason: 'CrashLoopBackOff' } },
    { waiting: { reason: 'CreateContainerError' } },
  ]) {
    assert.equal(pullState(pod(state)).state, 'pulled', JSON.stringify(state));
  }
});

test('a pull that fails says what the container runtime said', () => {
  for (const reason of ['ErrImagePull', 'ImagePullBackOff']) {
    assert.deepEqual(pullState(pod({ waiting: { reason, message: 'connection refused' } })), {
      state: 'failing',
      message: 'connection refused',
    });
  }
});

test('a pod that has not begun is waited for, one that the node refuses has failed', () => {
  assert.equal(pullState(pod({ waiting: { reason: 'ContainerCreating' } })).state, 'waiting');
  assert.equal(pullState({ ...pod({}), status: {} }).state, 'waiting');
  assert.equal(pullState({ ...pod({}), status: { phase: 'Failed', message: 'no room' } }).state, 'failing');
});

test('nothing that listens on a node’s loopback is told apart from a workstation that does not answer', () => {
  const said = (reason: string) =>
    `failed to pull and unpack image: failed to do request: Head "http://localhost:30123/v2/x/manifests/1": dial tcp ${reason}`;
  assert.equal(isRefusedOnLoopback(said('127.0.0.1:30123: connect: connection refused')), true);
  assert.equal(isRefusedOnLoopback(said('[::1]:30123: connect: connection refused')), true);
  assert.equal(isRefusedOnLoopback(said('127.0.0.1:30123: i/o timeout')), false);
  assert.equal(isRefusedOnLoopback(said('10.0.0.7:5000: connect: connection refused')), false);
});

function pod(state: object): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n' },
    status: { containerStatuses: [{ name: 'pull', state }] },
  };
}

const refused = { waiting: { reason: 'ErrImagePull', message: 'connection refused' } };

/** A cluster with nodes whose pulls end as the time in seconds says. */
class Scripted {
  seconds = 0;
  readonly objects = new Map<string, KubeObject>();
  readonly made: string[] = [];
  /** The state of a pod's container: by its node, and since when it is there. */
  state: (node: string, seconds: number) => object = () => ({ running: {} });
  refuseUntil = 0;
  events: (pods: readonly KubeObject[]) => KubeObject[] = () => [];

  readonly clock: Clock = {
    now: () => this.seconds * 1000,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      this.seconds += ms / 1000;
    },
  };

  check(nodes: readonly string[], timeoutMs?: number) {
    return checkReachability({
      client: this.#client(),
      endpoint: { ip: '10.0.0.1', port: 5000 },
      nodes,
      image: 'pause:1@sha256:0',
      random: () => 'x',
      signal: new AbortController().signal,
      clock: this.clock,
      timeoutMs,
    });
  }

  #client(): KubeClient {
    const unused = () => assert.fail('not for this test');
    const keep = async (object: KubeObject): Promise<KubeObject> => {
      this.objects.set(`${object.kind} ${object.metadata.name}`, object);
      return object;
    };
    return {
      server: 'scripted',
      apply: async (object) =>
        keep(object.kind === 'Service' ? { ...object, spec: { ports: [{ nodePort: 30000 }] } } : object),
      create: async (object) => {
        if (this.seconds < this.refuseUntil)
          throw applyError('CLUSTER_FORBIDDEN', {
            subject: 'pods',
            detail: 'error looking up service account',
          });
        this.made.push(String(object.metadata.name));
        return keep({ ...object, made: this.seconds });
      },
      get: async ({ kind, metadata }: ObjectReference) => this.objects.get(`${kind} ${metadata.name}`),
      list: async ({ kind }: Selection) => {
        const items = kind === 'Event' ? this.events(this.#pods()) : kind === 'Pod' ? this.#pods() : [];
        return { items, resourceVersion: '1' };
      },
      delete: async ({ kind, metadata }: ObjectReference) => this.objects.delete(`${kind} ${metadata.name}`),
      version: unused,
      apiVersions: unused,
      resource: unused,
      isServed: unused,
      servedVersion: unused,
      replace: unused,
      watch: unused,
      canI: unused,
      kinds: unused,
      conflicts: unused,
      read: unused,
      pages: unused,
      open: unused,
      patch: unused,
      podLogs: unused,
    };
  }

  #pods(): KubeObject[] {
    return [...this.objects.values()]
      .filter(({ kind }) => kind === 'Pod')
      .map((pod) => {
        const node = Object(pod.spec).nodeName;
        return {
          ...pod,
          status: { containerStatuses: [{ name: 'pull', state: this.state(node, this.seconds) }] },
        };
      });
  }
}

describe('pulling on every node', () => {
  test('it ends when all have pulled, and its namespace goes', async () => {
    const cluster = new Scripted();
    cluster.state = (node, seconds) => (node === 'b' && seconds < 5 ? { waiting: {} } : { running: {} });
    await cluster.check(['a', 'b']);
    assert.ok(cluster.seconds >= 5 && cluster.seconds < 6, String(cluster.seconds));
    assert.equal(cluster.objects.has('Namespace skerry-preflight-x'), false);
  });

  test('the kubelet’s word that an image was pulled is enough', async () => {
    const cluster = new Scripted();
    cluster.state = () => ({ waiting: { reason: 'ContainerCreating' } });
    cluster.events = (pods) =>
      cluster.seconds < 1
        ? []
        : pods.map(({ metadata: { name } }) => ({
            apiVersion: 'v1',
            kind: 'Event',
            metadata: { name: `${name}.1` },
            reason: 'Pulled',
            involvedObject: { kind: 'Pod', name },
          }));
    await cluster.check(['a']);
    assert.ok(cluster.seconds < 2, String(cluster.seconds));
  });

  test('a port that is set up a moment later is tried again, and not without a pause', async () => {
    const cluster = new Scripted();
    cluster.state = (_, seconds) => (seconds < 10 ? refused : { running: {} });
    await cluster.check(['a']);
    assert.ok(cluster.made.length > 1 && cluster.made.length < 12, String(cluster.made.length));
  });

  test('a new namespace that has no service account yet is no failure', async () => {
    const cluster = new Scripted();
    cluster.refuseUntil = 1;
    await cluster.check(['a']);
  });

  test('a node that can’t is named, with what its runtime said, and all is taken away again', async () => {
    const cluster = new Scripted();
    cluster.state = (node) => (node === 'b' ? refused : { running: {} });
    await assert.rejects(cluster.check(['a', 'b']), (error) => {
      assert.ok(isSkerryError(error, 'NODE_CANNOT_REACH_WORKSTATION'));
      assert.equal(error.subject, 'node b');
      assert.match(error.detail ?? '', /10\.0\.0\.1:5000: connection refused/);
      return true;
    });
    assert.equal(cluster.objects.has('Namespace skerry-preflight-x'), false);
  });

  test('a node that says nothing is not waited for without end', async () => {
    const cluster = new Scripted();
    cluster.state = () => ({ waiting: { reason: 'ContainerCreating' } });
    await assert.rejects(cluster.check(['a'], 30_000), (error) =>
      isSkerryError(error, 'NODE_CANNOT_REACH_WORKSTATION'),
    );
    assert.ok(cluster.seconds >= 30 && cluster.seconds < 31, String(cluster.seconds));
  });
});
