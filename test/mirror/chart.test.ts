import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { listAt, numberAt, textAt } from '../../apply/json.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { putImage } from '../../mirror/testing/mirror-site.ts';
import { type ApplySite, startApplySite } from '../charts/apply-site.ts';
import { helmProgram } from '../charts/helm-program.ts';
import { command } from '../cluster/processes/command.ts';
import { until } from '../fleet/until.ts';
import { PROJECT, withProduct } from '../install/product.ts';
import { putOnNode } from './node-image.ts';
import { type RegistryInCluster, startRegistryIn } from './registry-in-cluster.ts';

const NAMESPACE = 'mirrors';
const IMAGE = { repository: 'skerry.test/skerry', tag: 'mirrored' };
const IMAGES = process.env.SKERRY_TEST_IMAGES;
const PODS = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE };

describe('the chart of mirrors in a cluster', { timeout: 600_000 }, () => {
  let site: ApplySite;
  let source: RegistryInCluster;
  let target: RegistryInCluster;

  before(async () => {
    site = await startApplySite('mirror');
    const name = `${IMAGE.repository}:${IMAGE.tag}`;
    const put = async (layout: string) => {
      const [repository = ''] = (await (await openLayout(layout)).listRepositories()).filter((each) =>
        each.endsWith('/skerry'),
      );
      const [tag = ''] = await (await openLayout(layout)).listTags(repository);
      await putOnNode(site.cluster, layout, { repository, tag, name });
    };
    if (IMAGES === undefined) await withProduct({}, () => put(join(PROJECT, 'dist/images')));
    else await put(IMAGES);
    await site.client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    [source, target] = await Promise.all([
      startRegistryIn(site, NAMESPACE, 'source', name),
      startRegistryIn(site, NAMESPACE, 'target', name),
    ]);
    for (const tag of ['1', '2', '3']) await putImage(source.store, 'team/app', tag, `content ${tag}`);
  });

  after(async () => {
    await source?.[Symbol.asyncDispose]();
    await target?.[Symbol.asyncDispose]();
    await site?.stop();
  });

  const helm = async (mode: 'cronjob' | 'deployment') => {
    const values = {
      mode,
      image: IMAGE,
      // Each minute.
      schedule: '* * * * *',
      spread: '0s',
      state: { persistent: false },
      config: {
        apiVersion: 'skerry.dev/v1',
        kind: 'Mirror',
        name: 'nightly',
        jobs: [{ name: 'team', from: source.url, to: target.url }],
      },
    };
    const path = join(site.folder, 'values.yaml');
    await writeFile(path, stringify(values));
    const kubeconfig = await site.forward.kubeconfig(site.cluster.kubeconfig, site.folder);
    const chart = join(PROJECT, 'manifests/charts/mirror');
    const args = ['upgrade', '--install', 'nightly', chart, '--namespace', NAMESPACE, '--values', path];
    await command(await helmProgram(), [...args, '--kubeconfig', kubeconfig], {
      env: { HOME: site.folder },
      timeout: 120_000,
    });
  };
  const tags = async () => await target.store.listTags('team/app').catch(() => []);
  const jobs = async () =>
    (await site.client.list({ apiVersion: 'batch/v1', kind: 'Job', namespace: NAMESPACE })).items;
  const logOf = async (job: string) => {
    const { items } = await site.client.list({ ...PODS, labelSelector: `job-name=${job}` });
    const [pod] = items;
    if (pod === undefined) return '';
    return (
      (await site.client.podLogs({
        namespace: NAMESPACE,
        pod: pod.metadata.name,
        container: 'mirror',
        tailLines: 100,
      })) ?? ''
    );
  };

  test('has a CronJob mirror one registry into another, and its log says what was done', async () => {
    await helm('cronjob');
    const [done] = await until(
      'a Job of the CronJob',
      async () => (await jobs()).filter((job) => numberAt(job, 'status', 'succeeded') === 1),
      { holds: (found) => found.length > 0 },
    );
    assert.deepEqual(await tags(), ['1', '2', '3']);
    assert.match(await logOf(done?.metadata.name ?? ''), /job team {3}3 copied/);
  });

  test('runs as a service instead, whose metrics tell of a good run and of one that failed', async () => {
    await putImage(source.store, 'team/app', '4', 'content 4');
    await helm('deployment');
    const metrics = async () => {
      const path = `/api/v1/namespaces/${NAMESPACE}/services/skerry-mirror-nightly:metrics/proxy/metrics`;
      const { status, text } = await site.client.read(path);
      return status === 200 ? text : `${status} ${text}`;
    };
    const tells = async (what: RegExp) =>
      await until(`metrics with ${what}`, metrics, { holds: (text) => what.test(text), limitMs: 120_000 });
    await tells(/^skerry_mirror_runs_total\{outcome="good"\} [1-9]/m);
    assert.deepEqual(await tags(), ['1', '2', '3', '4']);
    const text = await tells(/^skerry_mirror_last_run_failed 0$/m);
    assert.match(text, /^skerry_mirror_next_run_timestamp_seconds \d/m);
    await site.client.delete({ ...PODS, metadata: { name: 'source', namespace: NAMESPACE } });
    await tells(/^skerry_mirror_last_run_failed 1$/m);
    const { items } = await site.client.list({
      ...PODS,
      labelSelector: 'app.kubernetes.io/instance=nightly,app.kubernetes.io/name=skerry-mirror',
    });
    const [pod] = items.filter((each) => listAt(each, 'metadata', 'ownerReferences').some(isReplicaSet));
    const log = await site.client.podLogs({
      namespace: NAMESPACE,
      pod: pod?.metadata.name ?? '',
      container: 'mirror',
      tailLines: 100,
    });
    assert.match(log ?? '', /REGISTRY_UNREACHABLE|MIRROR_UNREACHABLE/);
    assert.deepEqual(await tags(), ['1', '2', '3', '4']);
  });
});

function isReplicaSet(owner: unknown): boolean {
  return textAt(owner, 'kind') === 'ReplicaSet';
}
