import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import type { KubeClient, ObjectReference, Selection } from '../client/client.ts';
import type { Clock } from '../clock.ts';
import { applyError } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import { runWithHooks } from './run-hooks.ts';

type Phase = 'running' | 'done' | 'failed' | 'stuck';

function job(phase: Phase, uid: string, policy = ''): KubeObject {
  const condition = phase === 'done' ? 'Complete' : 'Failed';
  const conditions = phase === 'done' || phase === 'failed' ? [{ type: condition, status: 'True' }] : [];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: 'seed',
      namespace: 'here',
      uid,
      annotations: { 'helm.sh/hook': 'pre-install', 'helm.sh/hook-delete-policy': policy },
    },
    spec: { selector: { matchLabels: { job: uid } } },
    status: { startTime: 'x', conditions },
  };
}

function pod(uid: string, waiting: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `seed-${uid}`, namespace: 'here', uid: `pod-${uid}` },
    spec: { containers: [{ name: 'c', image: 'nowhere' }] },
    status: {
      phase: 'Pending',
      containerStatuses: [
        { name: 'c', image: 'nowhere', state: { waiting: { reason: waiting, message: 'm' } } },
      ],
    },
  };
}

/** One hook in a cluster whose time goes by as fast as it is slept. */
class Scene {
  hook: KubeObject | undefined;
  pods: KubeObject[] = [];
  now = 0;
  readonly deleted: string[] = [];
  /** How often a deleted hook is still seen. */
  lingers = 0;

  readonly clock: Clock = {
    now: () => this.now,
    sleep: async (ms, signal) => {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      this.now += ms;
    },
  };

  get client(): KubeClient {
    const unused = () => assert.fail('not for this test');
    return {
      server: 'scripted',
      get: async (_: ObjectReference) => {
        if (this.deleted.includes(this.hook?.metadata.uid ?? '') && this.lingers-- <= 0)
          this.hook = undefined;
        return this.hook;
      },
      list: async ({ kind }: Selection) => ({ items: kind === 'Pod' ? this.pods : [], resourceVersion: '1' }),
      delete: async (_, options = {}) => {
        this.deleted.push(options.uid ?? '');
        return true;
      },
      podLogs: async () => undefined,
      version: unused,
      apiVersions: unused,
      resource: unused,
      isServed: unused,
      servedVersion: unused,
      create: unused,
      replace: unused,
      apply: unused,
      conflicts: unused,
      watch: unused,
      canI: unused,
      read: unused,
      kinds: unused,
      pages: unused,
      open: unused,
      patch: unused,
    };
  }

  run(
    act: (signal: AbortSignal) => Promise<unknown>,
    signal = new AbortController().signal,
    policy?: string,
  ) {
    const hooks = [job('running', '', policy)];
    const run = { hooks, timeoutMs: 600_000, onProgress: () => undefined, clock: this.clock };
    return runWithHooks({ client: this.client, signal }, run, act);
  }
}

test('a hook that a dead run left behind is gone before anything begins; one that is done is not touched', async () => {
  const left = new Scene();
  left.hook = job('running', 'old');
  left.lingers = 3;
  await left.run(async () => assert.equal(left.hook, undefined));
  assert.deepEqual(left.deleted, ['old']);
  for (const phase of ['done', 'failed'] as const) {
    const ended = new Scene();
    ended.hook = job(phase, 'old');
    await ended.run(async () => undefined);
    assert.deepEqual(ended.deleted, []);
  }
});

test('a hook that does not go away is an error with a limit, and nothing is begun', async () => {
  const scene = new Scene();
  scene.hook = job('running', 'old');
  scene.lingers = Number.POSITIVE_INFINITY;
  const act = async () => assert.fail('begun');
  await assert.rejects(scene.run(act), (error) => isSkerryError(error, 'HEALTH_TIMEOUT'));
});

test('a hook that cannot start ends what made it, and says why', async () => {
  const scene = new Scene();
  const act = async (signal: AbortSignal) => {
    scene.hook = job('stuck', 'new');
    scene.pods = [pod('new', 'ImagePullBackOff')];
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  await assert.rejects(scene.run(act), (error) => {
    assert.ok(isSkerryError(error, 'WORKLOAD_FAILED'), String(error));
    assert.match(String(error.detail), /Pod here\/seed-new, container c, image nowhere: ImagePullBackOff/);
    return true;
  });
  assert.ok(scene.now < 600_000, 'before its time was over');
});

for (const policy of ['hook-failed', 'hook-succeeded']) {
  test(`a hook that failed is explained, then ${policy === 'hook-failed' ? 'removed' : 'left there'}`, async () => {
    const scene = new Scene();
    scene.hook = job('failed', 'old');
    const act = async () => {
      scene.hook = job('failed', 'new');
      scene.pods = [pod('new', 'CreateContainerError')];
      throw applyError('HELM_FAILED', { subject: 'app' });
    };
    await assert.rejects(scene.run(act, undefined, policy), (error) => {
      assert.ok(isSkerryError(error, 'WORKLOAD_FAILED'), String(error));
      return error.detail?.includes('CreateContainerError') ?? false;
    });
    assert.deepEqual(scene.deleted, policy === 'hook-failed' ? ['new'] : []);
  });
}

test('a hook that Helm gave up is explained as well', async () => {
  const scene = new Scene();
  const act = async () => {
    scene.hook = job('stuck', 'new');
    scene.pods = [pod('new', 'ContainerCreating')];
    throw applyError('HELM_FAILED', { subject: 'app', detail: 'context deadline exceeded' });
  };
  await assert.rejects(scene.run(act), (error) => {
    assert.ok(isSkerryError(error, 'HEALTH_TIMEOUT'), String(error));
    return error.subject === 'Job.batch here/seed';
  });
});

test('an error that no hook made is reported as it is, also beside an old failed hook', async () => {
  const scene = new Scene();
  scene.hook = job('failed', 'old');
  const failure = applyError('HELM_FAILED', { subject: 'app' });
  await assert.rejects(
    scene.run(async () => {
      throw failure;
    }),
    (error) => error === failure,
  );
});

test('an abort from outside is its own reason, and nothing is cleaned up', async () => {
  const scene = new Scene();
  const controller = new AbortController();
  const reason = new Error('stop');
  const act = async (signal: AbortSignal) => {
    scene.hook = job('failed', 'new', 'hook-failed');
    controller.abort(reason);
    signal.throwIfAborted();
  };
  await assert.rejects(scene.run(act, controller.signal), (error) => error === reason);
  assert.deepEqual(scene.deleted, []);
});
