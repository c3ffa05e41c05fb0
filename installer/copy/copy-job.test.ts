import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeClient, ObjectReference, Selection } from '../../apply/client/client.ts';
import type { Clock } from '../../apply/clock.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { hashPassword } from '../../registry/access/passwords/password-hash.ts';
import { abandonCopyJob, type CopyJobInput, runCopyJob, startCopyJob } from './copy-job.ts';
import { formatCopyLine } from './copy-progress.ts';

/** A cluster in which the Job's pod and its log are functions of the time in seconds. */
class Scripted {
  seconds = 0;
  job: KubeObject | undefined;
  made = 0;
  serviceAfter = 0;
  accessAfter = 0;
  readonly deleted: string[] = [];
  pod: (seconds: number) => object = () => ({ phase: 'Pending' });
  log: (seconds: number) => string = () => '';
  conditions: (seconds: number) => object[] = () => [];

  readonly clock: Clock = {
    now: () => this.seconds * 1000,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      this.seconds += ms / 1000;
    },
  };

  get client(): KubeClient {
    const unused = () => assert.fail('not for this test');
    return {
      server: 'scripted',
      get: async (wanted: ObjectReference) => {
        if (wanted.kind === 'Secret') return secret(wanted, this.seconds < this.accessAfter);
        if (wanted.kind === 'Service') return this.seconds < this.serviceAfter ? undefined : { ...wanted };
        return this.job && { ...this.job, status: { conditions: this.conditions(this.seconds) } };
      },
      list: async ({ kind }: Selection) => ({
        items: kind === 'Pod' ? this.#pods() : [],
        resourceVersion: '1',
      }),
      create: async (object) => {
        this.job = { ...object, metadata: { ...object.metadata, uid: `job-${++this.made}` } };
        return this.job;
      },
      delete: async (_, { uid } = {}) => {
        if (this.job === undefined || (uid !== undefined && uid !== this.job.metadata.uid)) return false;
        this.deleted.push(this.job.metadata.uid ?? '');
        this.job = undefined;
        return true;
      },
      podLogs: async () => this.log(this.seconds),
      version: unused,
      apiVersions: unused,
      resource: unused,
      isServed: unused,
      servedVersion: unused,
      replace: unused,
      apply: unused,
      watch: unused,
      canI: unused,
      kinds: unused,
      conflicts: unused,
      read: unused,
      pages: unused,
      open: unused,
      patch: unused,
    };
  }

  run() {
    return runCopyJob(this.#input());
  }

  start(signal?: AbortSignal) {
    return startCopyJob({ ...this.#input(), ...(signal && { signal }) });
  }

  #input(): CopyJobInput {
    return {
      client: this.client,
      image: 'localhost:31999/skerry:1',
      what: { release: 'r:1@sha256:0' },
      signal: new AbortController().signal,
      onProgress: () => {},
      clock: this.clock,
    };
  }

  #pods(): KubeObject[] {
    if (this.job === undefined) return [];
    const status = this.pod(this.seconds);
    return [
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'copy-1', namespace: 'skerry-system' }, status },
    ];
  }
}

const HASH = await hashPassword('new', Buffer.alloc(16));

/** Of the two that fit each other, or one with a password that is about to be replaced. */
function secret({ apiVersion, kind, metadata }: ObjectReference, isOld: boolean): KubeObject {
  const data: Record<string, string> =
    metadata.name === 'skerry-registry-users'
      ? { users: `skerry:${HASH}` }
      : { username: 'skerry', password: isOld ? 'old' : 'new' };
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return { apiVersion, kind, metadata, data: Object.fromEntries(encoded) };
}

const running = { phase: 'Running', containerStatuses: [{ name: 'copy', state: { running: {} } }] };
const failed = {
  phase: 'Failed',
  containerStatuses: [{ name: 'copy', state: { terminated: { exitCode: 1 } } }],
};
const failure = (code: string) => JSON.stringify({ error: { code, message: 'what happened' } });
const line = (bytesDone: number, finished = false) =>
  formatCopyLine({ bytesDone, bytesTotal: 100, finished });

async function detailOf(promise: Promise<void>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.ok(isSkerryError(error, 'COPY_FAILED'), String(error));
    return error.detail ?? '';
  }
  return assert.fail('it was copied');
}

describe('the copy in the cluster', () => {
  test('ends with its own last word, before the kubelet knows that it ended, and its Job goes', async () => {
    const cluster = new Scripted();
    cluster.pod = () => running;
    cluster.log = (seconds) => line(seconds * 10, seconds >= 10);
    await cluster.run();
    assert.deepEqual(cluster.deleted, ['job-1']);
    assert.ok(cluster.seconds < 11, String(cluster.seconds));
  });

  test('ends also where the log can not be read', async () => {
    const cluster = new Scripted();
    cluster.pod = (seconds) => (seconds < 5 ? running : { phase: 'Succeeded' });
    await cluster.run();
  });

  test('a refusal ends it at once, with its code: another try would only be refused again', async () => {
    const cluster = new Scripted();
    cluster.pod = () => failed;
    cluster.log = () => failure('REGISTRY_DENIED');
    assert.match(await detailOf(cluster.run()), /^REGISTRY_DENIED: what happened$/);
    assert.equal(cluster.seconds, 0);
    assert.deepEqual(cluster.deleted, ['job-1']);
  });

  test('a network that comes back is waited for, as long as the Job tries', async () => {
    const cluster = new Scripted();
    cluster.pod = (seconds) => (seconds < 20 ? failed : running);
    cluster.log = (seconds) => (seconds < 20 ? failure('REGISTRY_UNREACHABLE') : line(100, true));
    await cluster.run();

    const given = new Scripted();
    given.pod = () => failed;
    given.log = () => failure('REGISTRY_UNREACHABLE');
    given.conditions = (seconds) =>
      seconds < 60 ? [] : [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }];
    assert.match(await detailOf(given.run()), /REGISTRY_UNREACHABLE/);
  });

  test('a pod that never runs is given up, with what holds it', async () => {
    const cluster = new Scripted();
    cluster.pod = () => ({
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'copy',
          image: 'i',
          state: { waiting: { reason: 'ImagePullBackOff', message: 'no such host' } },
        },
      ],
    });
    assert.match(await detailOf(cluster.run()), /ImagePullBackOff: no such host/);
    assert.ok(cluster.seconds < 180, String(cluster.seconds));
  });

  test('a copy that stands still is given up, one that is only slow is not', async () => {
    const still = new Scripted();
    still.pod = () => running;
    still.log = () => line(42);
    assert.match(await detailOf(still.run()), /nothing was copied for 600 s/);

    const slow = new Scripted();
    slow.pod = () => running;
    slow.log = (seconds) => line(Math.floor(seconds / 300), seconds > 1500);
    await slow.run();
  });

  test('a Job that somebody took away is no success', async () => {
    const cluster = new Scripted();
    cluster.pod = (seconds) => {
      if (seconds > 3) cluster.job = undefined;
      return running;
    };
    assert.match(await detailOf(cluster.run()), /removed/);
  });

  test('a Job that was started ahead, once the registry had its Service, is gone on with', async () => {
    const cluster = new Scripted();
    cluster.serviceAfter = 5;
    await cluster.start();
    assert.ok(cluster.seconds >= 5);
    cluster.pod = () => ({ phase: 'Succeeded' });
    await cluster.run();
    assert.equal(cluster.made, 1);
  });

  test('none is started ahead with credentials that are about to be replaced', async () => {
    const cluster = new Scripted();
    cluster.accessAfter = 5;
    await cluster.start();
    assert.ok(cluster.seconds >= 5, String(cluster.seconds));
  });

  test('one that was started ahead and gave up, since the registry took long, is made again', async () => {
    const cluster = new Scripted();
    await cluster.start();
    cluster.pod = () => (cluster.made === 1 ? failed : { phase: 'Succeeded' });
    cluster.log = () => (cluster.made === 1 ? failure('REGISTRY_UNREACHABLE') : line(100, true));
    cluster.conditions = () => (cluster.made === 1 ? [{ type: 'Failed', status: 'True' }] : []);
    await cluster.run();
    assert.equal(cluster.made, 2);
  });

  test('what was begun ahead in vain is taken away, and nothing that another run made', async () => {
    const cluster = new Scripted();
    await cluster.start();
    await abandonCopyJob(cluster.client);
    assert.deepEqual(cluster.deleted, ['job-1']);
    cluster.job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x', uid: 'of another' } };
    await abandonCopyJob(cluster.client);
    assert.deepEqual(cluster.deleted, ['job-1']);
  });

  test('what is begun ahead ends with its signal, and has made nothing', async () => {
    const cluster = new Scripted();
    cluster.serviceAfter = Number.POSITIVE_INFINITY;
    await assert.rejects(cluster.start(AbortSignal.abort(new Error('stop'))), /stop/);
    assert.equal(cluster.made, 0);
  });

  test('one that an earlier run left behind is replaced', async () => {
    const cluster = new Scripted();
    cluster.job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x', uid: 'left' } };
    cluster.pod = () => ({ phase: 'Succeeded' });
    await cluster.run();
    assert.deepEqual(cluster.deleted, ['left', 'job-1']);
  });
});
