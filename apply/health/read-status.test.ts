import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeClient, Selection } from '../client/client.ts';
import { applyError } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import type { HealthRule } from './health-rule.ts';
import { readObjectStatus } from './read-status.ts';

/** A cluster that holds some objects, as far as reading goes. */
function holding(...objects: KubeObject[]): Pick<KubeClient, 'get' | 'list'> {
  return {
    get: async ({ kind, metadata }) =>
      objects.find((object) => object.kind === kind && object.metadata.name === metadata.name),
    list: async ({ kind }: Selection) => ({
      items: objects.filter((object) => object.kind === kind),
      resourceVersion: '1',
    }),
  };
}

async function statusIn(
  cluster: Pick<KubeClient, 'get' | 'list'>,
  object: KubeObject,
  rules: HealthRule[] = [],
) {
  return (await readObjectStatus(cluster, object, { rules })).status;
}

const job = (spec: object): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'migrate', namespace: 'app' },
  spec,
});
// As the Job controller of Kubernetes 1.34 writes them.
const event = (reason: string, lastTimestamp: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `migrate.${reason}`, namespace: 'app' },
  involvedObject: { kind: 'Job', name: 'migrate', namespace: 'app' },
  reason,
  message: reason === 'Completed' ? 'Job completed' : 'Job has reached the specified backoff limit',
  lastTimestamp,
});

describe('a Job that is not there', () => {
  const passing = job({ ttlSecondsAfterFinished: 0 });

  test('is finished where it goes by itself after its end', async () => {
    assert.equal(await statusIn(holding(), passing), 'Current');
    assert.equal(await statusIn(holding(event('Completed', '2026-01-01T00:00:05Z')), passing), 'Current');
  });

  test('has failed where the last word about it says so', async () => {
    const failed = event('BackoffLimitExceeded', '2026-01-01T00:00:05Z');
    assert.equal(await statusIn(holding(failed), passing), 'Failed');
    const podGone = event('SuccessfulDelete', '2026-01-01T00:00:06Z');
    assert.equal(await statusIn(holding(podGone, failed), passing), 'Failed');
    const earlier = event('BackoffLimitExceeded', '2026-01-01T00:00:01Z');
    const later = event('Completed', '2026-01-01T00:00:05Z');
    assert.equal(await statusIn(holding(later, earlier), passing), 'Current');
  });

  test('is missing where nothing takes finished Jobs away', async () => {
    assert.equal(await statusIn(holding(), job({})), 'NotFound');
  });

  test('counts as finished also where events may not be read', async () => {
    const forbidden = {
      ...holding(),
      list: async () => {
        throw applyError('CLUSTER_FORBIDDEN', { subject: 'events' });
      },
    };
    assert.equal(await statusIn(forbidden, passing), 'Current');
  });
});

describe('a volume claim that is pending', () => {
  const claim: KubeObject = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'app' },
    spec: { storageClassName: 'local' },
    status: { phase: 'Pending' },
  };
  const storageClass = (volumeBindingMode: string): KubeObject => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local' },
    provisioner: 'example.dev/local',
    volumeBindingMode,
  });
  const pod = (phase: string, volume: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'backup', namespace: 'app' },
    spec: { volumes: [volume] },
    status: { phase },
  });
  const mount = { name: 'v', persistentVolumeClaim: { claimName: 'data' } };

  test('waits by right for a consumer that only a CronJob will make', async () => {
    assert.equal(await statusIn(holding(claim, storageClass('WaitForFirstConsumer')), claim), 'Current');
  });

  test('is waited for once a pod uses it, and not after that pod is done', async () => {
    const late = storageClass('WaitForFirstConsumer');
    assert.equal(await statusIn(holding(claim, late, pod('Pending', mount)), claim), 'InProgress');
    assert.equal(await statusIn(holding(claim, late, pod('Succeeded', mount)), claim), 'Current');
    assert.equal(
      await statusIn(holding(claim, late, pod('Pending', { name: 'v', emptyDir: {} })), claim),
      'Current',
    );
  });

  test('is waited for where its class binds at once, or is not known', async () => {
    assert.equal(await statusIn(holding(claim, storageClass('Immediate')), claim), 'InProgress');
    assert.equal(await statusIn(holding(claim), claim), 'InProgress');
  });
});

describe('what the release says of health', () => {
  const balancer: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'app' },
    spec: { type: 'LoadBalancer' },
    status: { loadBalancer: {} },
  };

  test('a load balancer that nobody gives an address is waited for, unless the release says not to', async () => {
    assert.equal(await statusIn(holding(balancer), balancer), 'InProgress');
    const ignore = { apiVersion: 'v1', kind: 'Service', name: 'web', ignore: true };
    assert.equal(await statusIn(holding(balancer), balancer, [ignore]), 'Current');
    assert.equal(await statusIn(holding(balancer), balancer, [{ ...ignore, name: 'api' }]), 'InProgress');
    assert.equal(
      await statusIn(holding(balancer), balancer, [{ ...ignore, namespace: 'other' }]),
      'InProgress',
    );
  });

  test('an expression decides in place of the rules for all objects; the first rule that fits holds', async () => {
    const database = (status?: object): KubeObject => ({
      apiVersion: 'example.dev/v1',
      kind: 'Database',
      metadata: { name: 'main', namespace: 'app' },
      ...(status && { status }),
    });
    const kind = { apiVersion: 'example.dev/v1', kind: 'Database' };
    const rules = [
      { ...kind, name: 'main', cel: "self.status.phase == 'Running'" },
      { ...kind, ignore: true },
    ];
    assert.equal(await statusIn(holding(database()), database()), 'Current');
    assert.equal(await statusIn(holding(database()), database(), rules), 'InProgress');
    assert.equal(await statusIn(holding(database({ phase: 'Creating' })), database(), rules), 'InProgress');
    assert.equal(await statusIn(holding(database({ phase: 'Running' })), database(), rules), 'Current');
    assert.equal(await statusIn(holding(), database(), rules), 'NotFound');
  });
});

test('a cluster that is away leaves it unknown', async () => {
  const away = {
    ...holding(),
    get: async () => {
      throw applyError('CLUSTER_UNREACHABLE', { subject: 'scripted' });
    },
  };
  assert.equal(await statusIn(away, job({})), 'Unknown');
});
