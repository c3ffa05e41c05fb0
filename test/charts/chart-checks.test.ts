import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { writeChartArchive } from '../../apply/chart/archive.ts';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import { waitHealthy } from '../../apply/health/wait-healthy.ts';
import { createHelm, type Helm } from '../../apply/helm/helm.ts';
import { parseManifests } from '../../apply/manifest.ts';
import { installComponent } from '../../apply/release/install.ts';
import { writeStaticChart } from '../../apply/release/static-chart.ts';
import { putChart, repackChart } from '../../bundle/charts/chart.ts';
import { duplicateKeys } from '../../bundle/checks/duplicate-keys.ts';
import { shapesOfCrds } from '../../bundle/checks/list-shape.ts';
import { recordSize } from '../../bundle/checks/release-record.ts';
import { serverFindings } from '../../bundle/checks/server-check.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { PAUSE_IMAGE } from '../cluster/configuration.ts';
import { ensureHost } from '../cluster/host.ts';
import { type ApiForward, forwardApi } from './api-forward.ts';
import { CHART_YAML } from './chart-release.ts';
import { helmProgram } from './helm-program.ts';

describe('what is reported at create, held against a real cluster', { timeout: 600_000 }, () => {
  let cluster: Cluster;
  let forward: ApiForward;
  let folder: string;
  let client: KubeClient;
  let helm: Helm;

  before(async () => {
    await ensureHost({ install: true });
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    cluster = await startCluster({ name: 'charts', programs });
    forward = await forwardApi(cluster);
    folder = await mkdtemp(join(tmpdir(), 'chart-checks-'));
    const kubeconfig = await forward.kubeconfig(cluster.kubeconfig, folder);
    client = await connectCluster({ path: kubeconfig });
    helm = createHelm({
      program: await helmProgram(),
      home: join(folder, 'helm'),
      environment: { PATH: process.env.PATH },
      kubeconfig,
    });
  });

  after(async () => {
    await forward?.close();
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function namespace(name: string): Promise<string> {
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    return name;
  }

  async function chart(files: Readonly<Record<string, string>>): Promise<string> {
    const all = { 'Chart.yaml': CHART_YAML, ...files };
    const contents = new Map(Object.entries(all).map(([path, text]) => [path, Buffer.from(text)]));
    const path = join(folder, `${crypto.randomUUID()}.tgz`);
    await writeFile(path, await writeChartArchive('app', contents));
    return path;
  }

  test('the API server refuses just what is found to be a duplicate', async () => {
    await client.apply(...first(parseManifests(CRD, 'crd')), { force: true });
    const shapes = shapesOfCrds(parseManifests(CRD, 'crd'));
    await namespace('lists');
    for (const [text, expected] of LISTS) {
      const [object] = parseManifests(text, 'x');
      assert.ok(object);
      const found = duplicateKeys([object], 'x', shapes);
      assert.equal(found.length > 0, expected, text);
      const refused = await refusal(async () => {
        const placed = { ...object, metadata: { ...object.metadata, namespace: 'lists' } };
        await waitServed(client, object.apiVersion, object.kind);
        await client.apply(placed, { dryRun: true, force: true });
      });
      assert.equal(/duplicate entries/.test(refused?.detail ?? ''), expected, `${text}\n${refused}`);
    }
  });

  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none', namespace: 'quota' } };
  const workloads: [string, string][] = [
    ['Deployment', 'replicas: 2'],
    ['StatefulSet', 'serviceName: x'],
    ['DaemonSet', ''],
    ['ReplicaSet', 'replicas: 2'],
  ];
  for (const [kind, more] of workloads) {
    test(`a quota that keeps the pods of a ${kind} from being made is the cause that is named`, async () => {
      await namespace('quota');
      await client.apply({ ...quota, spec: { hard: { pods: '0' } } });
      const [object] = parseManifests(workload(kind, more), 'x');
      assert.ok(object);
      await client.apply(object);
      const error = await refusal(() => waitHealthy({ client, objects: [object], timeoutMs: 4000 }));
      assert.ok(error?.detail?.includes('exceeded quota'), String(error));
    });
  }

  test('Pod Security that refuses pods is named', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'quota-secure', labels } });
    const [object] = parseManifests(workload('Deployment', '', 'quota-secure'), 'x');
    assert.ok(object);
    await client.apply(object);
    const error = await refusal(() => waitHealthy({ client, objects: [object], timeoutMs: 4000 }));
    assert.ok(error?.detail?.includes('violates PodSecurity'), String(error));
  });

  test('a list whose items share an anchor is installed', async () => {
    const packed = await repackChart(await readFile(await chart({ 'templates/l.yaml': LIST })), 'x');
    const store = new MemoryStore();
    const { digest } = await putChart(store, 'charts/app', packed);
    await installComponent(
      { client, helm, scratch: folder, signal: new AbortController().signal },
      {
        name: 'app',
        namespace: await namespace('anchors'),
        chart: { store, repository: 'charts/app', digest },
        values: {},
        images: new Map(),
        timeoutMs: 30_000,
      },
      { onCrds: async () => {}, onProgress: () => {} },
    );
    const two = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'two', namespace: 'anchors' } };
    assert.deepEqual((await client.get(two))?.data, { key: 'value' });
  });

  test('the size of what Helm keeps is foretold within a hundredth', async () => {
    const noise = createHash('shake256', { outputLength: 300_000 }).update('x').digest('base64');
    const given = { name: 'large', namespace: await namespace('records'), values: { c: 2 } };
    const objects = ['a', 'b'].map((name, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data: { a: index === 0 ? noise : '{{ .Values }}' },
    }));
    const metadata = { name: 'app', version: '1.0.0' };
    await writeStaticChart(join(folder, 'large'), metadata, objects);
    await helm.upgrade({ ...given, chart: join(folder, 'large') });
    const secret = { name: 'sh.helm.release.v1.large.v1', namespace: 'records' };
    const kept = await client.get({ apiVersion: 'v1', kind: 'Secret', metadata: secret });
    const real = Buffer.from(String(Object(kept?.data).release), 'base64').byteLength;
    const foretold = recordSize({ where: 'x', ...given, metadata, objects });
    assert.ok(Math.abs(foretold - real) < real / 100, `${foretold} for ${real}`);
  });

  test('a throwaway API server tells what it refuses, and takes what fits together', async () => {
    const rendering = (text: string) => ({
      use: { where: 'component app', name: 'app', namespace: 'checked', chart: 'app' },
      text,
      versions: [],
    });
    const good = `${CRD}---\n${THING}---\n${workload('Deployment', '', 'elsewhere')}---\n${TEST_POD}`;
    assert.deepEqual(await serverFindings([rendering(good)], { client }), []);
    const bad = `${workload('Deployment', 'replicas: many', 'elsewhere')}---\n${UNKNOWN}`;
    const found = await serverFindings([rendering(bad)], { client });
    assert.deepEqual(
      found.map(({ code, severity, place }) => [code, severity, place]),
      [
        ['SERVER_REFUSES_OBJECT', 'error', 'component app: Deployment.apps elsewhere/deployment'],
        ['SERVER_REFUSES_OBJECT', 'warning', 'component app: Unknown.example.com u'],
      ],
    );
  });
});

const CRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.lists.example}
spec:
  group: lists.example
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                loose: {type: array, items: {type: string}}
                set: {type: array, x-kubernetes-list-type: set, items: {type: string}}
                map:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name, kind]
                  items:
                    type: object
                    required: [name]
                    properties: {name: {type: string}, kind: {type: string, default: A}}
                free:
                  type: object
                  additionalProperties: {type: array, x-kubernetes-list-type: set, items: {type: string}}
`;
const THING = 'apiVersion: lists.example/v1\nkind: Thing\nmetadata: {name: t}\nspec: {set: [a, b]}\n';
const UNKNOWN = 'apiVersion: example.com/v1\nkind: Unknown\nmetadata: {name: u}\n';
const TEST_POD =
  'apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\nspec: {serviceAccountName: none}\n';
const LIST = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: one}
    data: &both
      key: value
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: two}
    data: *both
`;

const pod = (spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: ${spec}\n`;
const container = (fields: string) => pod(`{containers: [{name: c, image: i, ${fields}}]}`);
const service = (ports: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: ${ports}}\n`;
const thing = (spec: string) =>
  `apiVersion: lists.example/v1\nkind: Thing\nmetadata: {name: t}\nspec: ${spec}\n`;
const deployment = (spec: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: ${spec}}}\n`;
const cronJob = (spec: string) =>
  `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: ${spec}}}}}\n`;

/** Objects, and whether a list of theirs has two entries of one key. */
const LISTS: readonly [string, boolean][] = [
  [container('env: [{name: A}, {name: A}]'), true],
  [container('env: [{name: A}, {name: a}]'), false],
  [container('ports: [{containerPort: 80}, {containerPort: 80, protocol: TCP}]'), true],
  [container('ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]'), false],
  [container('volumeMounts: [{name: v, mountPath: /a}, {name: w, mountPath: /a}]'), true],
  [container('volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /b}]'), false],
  [container('volumeDevices: [{name: v, devicePath: /a}, {name: w, devicePath: /a}]'), true],
  [container('envFrom: [{configMapRef: {name: a}}, {configMapRef: {name: a}}]'), false],
  [container('resources: {claims: [{name: a}, {name: a}]}'), true],
  [pod('{containers: [{name: c, image: i}, {name: c, image: i}]}'), true],
  [
    pod('{containers: [{name: c, image: i}], initContainers: [{name: c, image: i}, {name: c, image: j}]}'),
    true,
  ],
  [pod('{containers: [{name: c, image: i}], volumes: [{name: v, emptyDir: {}}, {name: v}]}'), true],
  [pod('{containers: [{name: c, image: i}], imagePullSecrets: [{name: a}, {name: a}]}'), true],
  [pod('{containers: [{name: c, image: i}], hostAliases: [{ip: 1.1.1.1}, {ip: 1.1.1.1}]}'), true],
  [pod('{containers: [{name: c, image: i}], tolerations: [{key: a}, {key: a}]}'), false],
  [pod('{containers: [{name: c, image: i}], schedulingGates: [{name: a/b}, {name: a/b}]}'), true],
  [
    pod(
      '{containers: [{name: c, image: i}], topologySpreadConstraints: [{maxSkew: 1, topologyKey: k, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 2, topologyKey: k, whenUnsatisfiable: DoNotSchedule}]}',
    ),
    true,
  ],
  [deployment('{containers: [{name: c, image: i, env: [{name: A}, {name: A}]}]}'), true],
  [cronJob('{restartPolicy: Never, containers: [{name: c, image: i, env: [{name: A}, {name: A}]}]}'), true],
  [service('[{port: 80, name: a}, {port: 80, name: b}]'), true],
  [service('[{port: 80, name: a}, {port: 80, name: b, protocol: UDP}]'), false],
  ['apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s}\nsecrets: [{name: a}, {name: a}]\n', true],
  [
    'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s}\nimagePullSecrets: [{name: a}, {name: a}]\n',
    false,
  ],
  ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s, finalizers: [a/b, a/b]}\n', true],
  [
    'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np}\nspec: {podSelector: {}, policyTypes: [Ingress, Ingress]}\n',
    false,
  ],
  [thing('{set: [a, a]}'), true],
  [thing('{set: [a, b], loose: [a, a]}'), false],
  [thing('{map: [{name: a}, {name: a, kind: A}]}'), true],
  [thing('{map: [{name: a}, {name: a, kind: B}]}'), false],
  [thing('{free: {x: [a, a]}}'), true],
];

function workload(kind: string, more: string, namespace = 'quota'): string {
  return `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${kind.toLowerCase()}, namespace: ${namespace}}
spec:
  ${more}
  selector: {matchLabels: {a: ${kind}}}
  template:
    metadata: {labels: {a: ${kind}}}
    spec: {containers: [{name: c, image: "${PAUSE_IMAGE}"}]}
`;
}

function first<T>([item]: readonly T[]): [T] {
  assert.ok(item);
  return [item];
}

async function waitServed(client: KubeClient, apiVersion: string, kind: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await client.isServed(apiVersion, kind)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${kind} is not served`);
}

async function refusal(work: () => Promise<unknown>): Promise<SkerryError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    assert.ok(isSkerryError(error), String(error));
    return error;
  }
}
