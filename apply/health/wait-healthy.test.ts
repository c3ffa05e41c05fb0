import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import type { KubeClient, LogRequest, Selection } from '../client/client.ts';
import type { Clock } from '../clock.ts';
import { applyError } from '../errors.ts';
import { describeObject, type KubeObject } from '../object.ts';
import { waitHealthy } from './wait-healthy.ts';

class Gate {
  readonly #waiting = Promise.withResolvers<void>();
  readonly opened = this.#waiting.promise;
  open(): void {
    this.#waiting.resolve();
  }
}

/** A cluster whose objects are functions of the time in seconds. */
class Scripted {
  seconds = 0;
  readonly objects: ((seconds: number) => KubeObject)[] = [];
  readonly logs = new Map<string, string>();
  readonly clock: Clock = {
    now: () => this.seconds * 1000,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      this.seconds += ms / 1000;
    },
  };

  now(): KubeObject[] {
    return this.objects.map((object) => object(this.seconds));
  }

  get client(): KubeClient {
    const unused = () => assert.fail('not for this test');
    return {
      server: 'scripted',
      get: async (wanted) =>
        this.now().find(
          ({ kind, metadata }) => kind === wanted.kind && metadata.name === wanted.metadata.name,
        ),
      list: async ({ kind, fieldSelector }: Selection) => {
        const uid = /involvedObject.uid=([^,]+)/.exec(fieldSelector ?? '')?.[1];
        const items = this.now().filter(
          (object) => object.kind === kind && (uid === undefined || object.of === uid),
        );
        return { items, resourceVersion: '1' };
      },
      podLogs: async ({ pod, previous }: LogRequest) => (previous === true ? this.logs.get(pod) : undefined),
      version: unused,
      apiVersions: unused,
      resource: unused,
      isServed: unused,
      servedVersion: unused,
      create: unused,
      replace: unused,
      apply: unused,
      delete: unused,
      watch: unused,
      kinds: unused,
      canI: unused,
      conflicts: unused,
      read: unused,
      pages: unused,
      open: unused,
      patch: unused,
    };
  }

  wait(timeoutMs: number, more: { patienceMs?: number; signal?: AbortSignal } = {}) {
    const [first] = this.now();
    return waitHealthy({
      client: this.client,
      objects: first === undefined ? [] : [first],
      timeoutMs,
      clock: this.clock,
      ...more,
    });
  }
}

function deployment(ready: boolean, container: object = {}): KubeObject {
  const count = ready ? 1 : 0;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', uid: 'd' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { spec: { containers: [{ name: 'web', ...container }] } },
    },
    status: {
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: count,
      availableReplicas: count,
      conditions: [{ type: 'Available', status: ready ? 'True' : 'False' }],
    },
  };
}

function pod(status: object, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'default', uid: 'p' },
    spec,
    status,
  };
}

const waiting = (reason: string, message = '') =>
  pod({
    phase: 'Pending',
    containerStatuses: [{ name: 'web', image: 'r.example/web:1', state: { waiting: { reason, message } } }],
  });

async function errorOf(promise: Promise<void>): Promise<SkerryError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(isSkerryError(error), String(error));
    return error;
  }
  return assert.fail('it became healthy');
}

describe('waiting for health', () => {
  test('what was healthy for the moment between its start and its crash is not', async () => {
    const cluster = new Scripted();
    cluster.objects.push(
      (seconds) => deployment(seconds >= 1 && seconds < 2),
      (seconds) => (seconds < 2 ? pod({ phase: 'Running' }) : waiting('CrashLoopBackOff')),
    );
    const error = await errorOf(cluster.wait(60_000, { patienceMs: 10_000 }));
    assert.equal(error.code, 'WORKLOAD_FAILED');
  });

  test('a program that was asked whether it is ready need not stay so for a while', async () => {
    const cluster = new Scripted();
    cluster.objects.push((seconds) =>
      deployment(seconds >= 1, { readinessProbe: { httpGet: { port: 80 } } }),
    );
    await cluster.wait(60_000);
    assert.ok(cluster.seconds < 2, String(cluster.seconds));
  });

  test('a change is seen when it comes, and what was healthy before is looked at once more', async () => {
    const cluster = new Scripted();
    const changed = new Gate();
    let now = false;
    let reads = 0;
    cluster.objects.push(
      () => deployment(now, { readinessProbe: {} }),
      () => ({
        ...deployment(true, { readinessProbe: {} }),
        metadata: { name: 'api', namespace: 'default' },
      }),
    );
    const client: KubeClient = {
      ...cluster.client,
      get: async (wanted, options) => {
        if (wanted.metadata.name === 'api') reads++;
        return cluster.client.get(wanted, options);
      },
      watch: async function* () {
        yield { type: 'listed', objects: [] };
        await changed.opened;
        now = true;
        yield { type: 'modified', object: deployment(true) };
      },
    };
    // Time stands still: only the watch can end this wait.
    const clock: Clock = {
      now: () => 0,
      sleep: (_, signal) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
          changed.open();
        }),
    };
    await waitHealthy({ client, objects: cluster.now(), timeoutMs: 60_000, clock });
    assert.equal(reads, 2);
  });

  test('it ends when the object is healthy', async () => {
    const cluster = new Scripted();
    cluster.objects.push((seconds) => deployment(seconds > 30));
    await cluster.wait(60_000);
    assert.ok(cluster.seconds > 30 && cluster.seconds <= 34, String(cluster.seconds));
  });

  test('an image that cannot be pulled for longer than the patience is named', async () => {
    const cluster = new Scripted();
    cluster.objects.push(
      () => deployment(false),
      () => waiting('ImagePullBackOff', 'Back-off pulling image'),
    );
    const error = await errorOf(cluster.wait(600_000, { patienceMs: 20_000 }));
    assert.equal(error.code, 'WORKLOAD_FAILED');
    assert.equal(error.subject, 'Deployment.apps default/web');
    assert.equal(
      error.detail,
      'Pod default/web-1, container web, image r.example/web:1: ImagePullBackOff: Back-off pulling image',
    );
    assert.ok(cluster.seconds < 40, String(cluster.seconds));
  });

  test('an image that can be pulled in the end is no failure', async () => {
    const cluster = new Scripted();
    cluster.objects.push(
      (seconds) => deployment(seconds > 40),
      (seconds) => waiting(seconds < 18 ? 'ImagePullBackOff' : 'ContainerCreating'),
    );
    await cluster.wait(60_000, { patienceMs: 20_000 });
  });

  test('a container that crashes is reported with its exit code and its last words', async () => {
    const cluster = new Scripted();
    cluster.logs.set('web-1', 'listening\nno such table\n');
    cluster.objects.push(
      () => deployment(false),
      () =>
        pod({
          phase: 'Running',
          containerStatuses: [
            {
              name: 'web',
              image: 'r.example/web:1',
              state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } },
              lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
            },
          ],
        }),
    );
    const error = await errorOf(cluster.wait(10_000));
    assert.equal(error.code, 'WORKLOAD_FAILED');
    assert.match(
      String(error.detail),
      /CrashLoopBackOff: ended with exit code 137 \(OOMKilled\); its log ends with: listening\nno such table$/,
    );
  });

  const homeless = (spec: object) =>
    pod(
      {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no room' }],
      },
      spec,
    );

  test('a pod that finds no place is waited for to the end, since nodes may come', async () => {
    const cluster = new Scripted();
    cluster.objects.push(
      () => deployment(false),
      () => homeless({}),
    );
    const error = await errorOf(cluster.wait(100_000, { patienceMs: 5000 }));
    assert.equal(error.code, 'HEALTH_TIMEOUT');
    assert.equal(error.detail, 'Pod default/web-1: Unschedulable: no room');
    assert.ok(cluster.seconds >= 100, String(cluster.seconds));
  });

  test('a claim that no storage class serves is named before the pod that waits for it', async () => {
    const cluster = new Scripted();
    cluster.objects.push(
      () => deployment(false),
      () => homeless({ volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] }),
      () => ({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', namespace: 'default' },
        status: { phase: 'Pending' },
      }),
    );
    const error = await errorOf(cluster.wait(100_000, { patienceMs: 5000 }));
    assert.equal(error.code, 'WORKLOAD_FAILED');
    assert.match(String(error.detail), /^PersistentVolumeClaim default\/data: NoStorageClass: /);
  });

  test('where no pod was made the latest warning event says why', async () => {
    const cluster = new Scripted();
    const event = (lastTimestamp: string, message: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: message },
      of: 'd',
      reason: 'FailedCreate',
      message,
      lastTimestamp,
    });
    cluster.objects.push(
      () => deployment(false),
      () => event('2026-01-01T00:00:02Z', 'exceeded quota'),
      () => event('2026-01-01T00:00:01Z', 'older'),
    );
    const error = await errorOf(cluster.wait(3000));
    assert.equal(error.detail, 'Deployment.apps default/web: FailedCreate: exceeded quota');
  });

  test('pods that a quota refuses are reported by the condition of the Deployment, or by an event of its ReplicaSet', async () => {
    // As Kubernetes 1.34 writes them, shortened.
    const message =
      'pods "web-6d8c" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0';
    const refused = {
      ...deployment(false),
      spec: { replicas: 2, selector: { matchLabels: { app: 'web' } } },
      status: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] },
    };
    const byCondition = new Scripted();
    byCondition.objects.push(() => refused);
    const error = await errorOf(byCondition.wait(60_000, { patienceMs: 10_000 }));
    assert.equal(error.code, 'WORKLOAD_FAILED');
    assert.equal(error.detail, `Deployment.apps default/web: FailedCreate: ${message}`);

    const byEvent = new Scripted();
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd' };
    byEvent.objects.push(
      () => ({ ...refused, status: { replicas: 1 } }),
      () => pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }),
      () => ({
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'web-6d8c', namespace: 'default', uid: 'rs', ownerReferences: [owner] },
      }),
      () => ({
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'e' },
        of: 'rs',
        reason: 'FailedCreate',
        message,
        lastTimestamp: '2026-01-01T00:00:00Z',
      }),
    );
    const other = await errorOf(byEvent.wait(60_000, { patienceMs: 10_000 }));
    assert.equal(other.detail, `ReplicaSet.apps default/web-6d8c: FailedCreate: ${message}`);
  });

  test('a failed Job ends the wait at once, a Deployment past its deadline only after the patience', async () => {
    const job: KubeObject = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'j' },
      status: { conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] },
    };
    const cluster = new Scripted();
    cluster.objects.push(() => job);
    const error = await errorOf(cluster.wait(60_000));
    assert.equal(error.code, 'WORKLOAD_FAILED');
    assert.equal(error.detail, 'BackoffLimitExceeded');
    assert.equal(cluster.seconds, 0);

    const late = {
      ...deployment(false),
      status: { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] },
    };
    const recovering = new Scripted();
    recovering.objects.push((seconds) => (seconds < 15 ? late : deployment(true)));
    await recovering.wait(60_000, { patienceMs: 20_000 });
  });

  test('an object that never appears is a timeout that says so', async () => {
    const { client, clock } = new Scripted();
    const error = await errorOf(
      waitHealthy({ client, objects: [deployment(false)], timeoutMs: 2000, clock }),
    );
    assert.equal(error.code, 'HEALTH_TIMEOUT');
    assert.equal(error.detail, 'not found');
  });

  test('a cluster that is away for a while is only a longer wait', async () => {
    const cluster = new Scripted();
    cluster.objects.push(() => deployment(true));
    const away: KubeClient = {
      ...cluster.client,
      get: async (wanted, options) => {
        if (cluster.seconds < 20) throw applyError('CLUSTER_UNREACHABLE', { subject: 'scripted' });
        return cluster.client.get(wanted, options);
      },
    };
    await waitHealthy({ client: away, objects: [deployment(true)], timeoutMs: 60_000, clock: cluster.clock });
    assert.ok(cluster.seconds >= 20);
  });

  test('an abort ends the wait with its reason', async () => {
    const cluster = new Scripted();
    const controller = new AbortController();
    const reason = new Error('stop');
    cluster.objects.push((seconds) => {
      if (seconds > 5) controller.abort(reason);
      return deployment(false);
    });
    await assert.rejects(cluster.wait(60_000, { signal: controller.signal }), (error) => error === reason);
  });

  test('what else is not healthy is listed', async () => {
    const cluster = new Scripted();
    cluster.objects.push(() => deployment(false));
    const other = { ...deployment(false), metadata: { name: 'api', namespace: 'default' } };
    const error = await errorOf(
      waitHealthy({
        client: cluster.client,
        objects: [deployment(false), other],
        timeoutMs: 1000,
        clock: cluster.clock,
      }),
    );
    assert.match(String(error.detail), new RegExp(`not healthy either: ${describeObject(other)}$`));
  });
});
