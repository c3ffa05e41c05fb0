import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import type { HealthRule } from '../../apply/health/health-rule.ts';
import { readObjectStatus } from '../../apply/health/read-status.ts';
import { waitHealthy } from '../../apply/health/wait-healthy.ts';
import { applyCrds } from '../../apply/inventory/crds.ts';
import { parseManifests } from '../../apply/manifest.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { PAUSE_IMAGE } from '../cluster/configuration.ts';
import { ensureHost } from '../cluster/host.ts';
import { NODE_HOME } from '../cluster/node.ts';
import { writePauseImage } from '../cluster/pause-image.ts';
import { type ApiForward, forwardApi } from './api-forward.ts';
import { helmProgram } from './helm-program.ts';

/** A program that can end, well or badly: the helm program itself. */
const TALKER = 'skerry.test/talker:1';

describe('health on a real cluster', { timeout: 600_000 }, () => {
  let cluster: Cluster;
  let forward: ApiForward;
  let folder: string;
  let client: KubeClient;

  before(async () => {
    await ensureHost({ install: true });
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    cluster = await startCluster({ name: 'health', programs });
    forward = await forwardApi(cluster);
    folder = await mkdtemp(join(tmpdir(), 'skerry-health-'));
    client = await connectCluster({ path: await forward.kubeconfig(cluster.kubeconfig, folder) });
    const archive = join(cluster.folder, 'config/talker.tar');
    await writePauseImage(archive, TALKER, await helmProgram(), join(folder, 'talker'));
    const args = ['-n', 'k8s.io', 'images', 'import', '--local', `${NODE_HOME}/config/talker.tar`];
    await cluster.execInNode('ctr', args);
  });
  after(async () => {
    forward?.close();
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Applies manifests and waits; gives the error, if there is one. */
  async function apply(
    manifests: string,
    { rules = [], timeoutMs = 60_000 }: { rules?: HealthRule[]; timeoutMs?: number } = {},
  ): Promise<{ objects: KubeObject[]; error: SkerryError | undefined }> {
    const objects = parseManifests(manifests, 'test');
    for (const object of objects) await client.apply(object);
    try {
      await waitHealthy({ client, objects, rules, timeoutMs, patienceMs: 5000 });
      return { objects, error: undefined };
    } catch (error) {
      assert.ok(isSkerryError(error), String(error));
      return { objects, error };
    }
  }

  async function statusOf(object: KubeObject | undefined): Promise<string> {
    assert.ok(object !== undefined);
    return (await readObjectStatus(client, object)).status;
  }

  const job = (name: string, args: string) => `
apiVersion: batch/v1
kind: Job
metadata: {name: ${name}, namespace: default}
spec:
  ttlSecondsAfterFinished: 0
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: "${TALKER}", args: [${args}]}]
`;

  test('a Job that goes as soon as it is done is done, now and later', async () => {
    const { objects, error } = await apply(job('quick', 'version'));
    assert.equal(error, undefined);
    await gone('quick');
    assert.equal(await statusOf(objects[0]), 'Current');
  });

  test('a Job that goes as soon as it has failed has failed, now and later', async () => {
    const { objects, error } = await apply(job('broken', 'nonsense'));
    assert.equal(error?.code, 'WORKLOAD_FAILED');
    await gone('broken');
    assert.equal(await statusOf(objects[0]), 'Failed');
  });

  test('a claim that only a CronJob will use is no reason to wait; one that a pod needs is', async () => {
    const claim = (name: string) => `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: late}
provisioner: example.dev/nobody
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ${name}, namespace: default}
spec: {storageClassName: late, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
`;
    const spec = (name: string, restartPolicy: string) => `
restartPolicy: ${restartPolicy}
containers: [{name: main, image: "${PAUSE_IMAGE}"}]
volumes: [{name: data, persistentVolumeClaim: {claimName: ${name}}}]
`;
    const cron = await apply(`${claim('seldom')}
apiVersion: batch/v1
kind: CronJob
metadata: {name: seldom, namespace: default}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      template:
        spec: ${flow(spec('seldom', 'OnFailure'))}
`);
    assert.equal(cron.error, undefined);

    const used = await apply(
      `${claim('needed')}
apiVersion: v1
kind: Pod
metadata: {name: needy, namespace: default}
spec: ${flow(spec('needed', 'Always'))}
`,
      { timeoutMs: 4000 },
    );
    assert.equal(used.error?.code, 'HEALTH_TIMEOUT');
  });

  test('a load balancer that nobody gives an address is waited for, unless the release says not to', async () => {
    const service = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {type: LoadBalancer, ports: [{port: 80}]}
`;
    assert.equal((await apply(service, { timeoutMs: 2000 })).error?.code, 'HEALTH_TIMEOUT');
    const rules = [{ apiVersion: 'v1', kind: 'Service', name: 'web', ignore: true }];
    assert.equal((await apply(service, { timeoutMs: 2000, rules })).error, undefined);
  });

  test('a custom resource without conditions is healthy, unless the release says what it waits for', async () => {
    const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: wells.tiny.example}
spec:
  group: tiny.example
  scope: Namespaced
  names: {kind: Well, plural: wells, singular: well, listKind: WellList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;
    const well = (depth: number) => `
apiVersion: tiny.example/v1
kind: Well
metadata: {name: deep, namespace: default}
spec: {depth: ${depth}}
`;
    await applyCrds({ client, crds: parseManifests(crd, 'test') });
    assert.equal((await apply(well(3))).error, undefined);
    const rules = [{ apiVersion: 'tiny.example/v1', kind: 'Well', cel: 'self.spec.depth > 5' }];
    assert.equal((await apply(well(3), { timeoutMs: 1000, rules })).error?.code, 'HEALTH_TIMEOUT');
    assert.equal((await apply(well(7), { rules })).error, undefined);
  });

  test('a change wakes the wait: no watch is worse than a look from time to time', async () => {
    const namespace = 'default';
    const metadata = { name: 'late', namespace };
    const applied: KubeObject = { apiVersion: 'tiny.example/v1', kind: 'Well', metadata, spec: { depth: 1 } };
    await client.apply(applied);
    const rules = [{ apiVersion: 'tiny.example/v1', kind: 'Well', cel: 'self.spec.depth > 5' }];
    let rounds = 0;
    // Only a watch can end this: the clock's pauses never do.
    const clock = {
      now: () => 0,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    };
    await waitHealthy({
      client,
      objects: [applied],
      rules,
      timeoutMs: 60_000,
      clock,
      onProgress: () => {
        if (rounds++ === 1) void client.apply({ ...applied, spec: { depth: 9 } });
      },
    });
    assert.ok(rounds >= 2);
  });

  async function gone(name: string): Promise<void> {
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: 'default' } };
    const signal = AbortSignal.timeout(60_000);
    for await (const _ of client.watch({ apiVersion: 'batch/v1', kind: 'Job', namespace: 'default' }, signal))
      if ((await client.get(job, { signal })) === undefined) return;
    assert.fail(`Job ${name} is still there`);
  }
});

/** A block of YAML as one line of flow style. */
function flow(block: string): string {
  return `{${block.trim().split('\n').join(', ')}}`;
}
