import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { execa } from 'execa';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { findImages } from '../apply/images/find-images.ts';
import { readPack } from '../bundle/charts/pack.ts';
import { readRelease } from '../bundle/release.ts';
import { parseMirror } from '../mirror/file/mirror-file.ts';
import packageJson from '../package.json' with { type: 'json' };
import { helmProgram } from '../test/charts/helm-program.ts';
import { programs } from '../test/cluster/builds/program.ts';
import { platformRecipes } from './images/platform-build.ts';
import { referenceOf } from './images/recipe.ts';
import { clusterApiRecipes } from './images/recipes/cluster-api.ts';
import { nodeRecipes } from './images/recipes/index.ts';
import { PROVIDER_REPOSITORY } from './provider/provider-artifact.ts';

const FOLDER = import.meta.dirname;
const { release, resolve } = await readRelease(join(FOLDER, 'release.yaml'));
// That of Cluster API is whole only where it was built, and tried on a cluster (test/more/gateway-controllers.test.ts).
const packFolders = release.packs.filter((path) => !path.startsWith('../dist/')).map(resolve);
const packs = await Promise.all(packFolders.map(readPack));
const built = new Set([...platformRecipes.map(referenceOf), `${PROVIDER_REPOSITORY}:${packageJson.version}`]);
const ofClusterApi = new Set(clusterApiRecipes.map(referenceOf));
/** Packs of objects alone; manifests/machine-packs.test.ts has more of them. */
const WITHOUT_PODS: readonly string[] = [
  'cloud-account',
  'machine-defaults',
  'machine-cluster',
  'eks-cluster',
];

/** Every chart of the release with every set of values that it is offered with. */
const charts: { title: string; chart: string; values: object }[] = [
  ...release.components.map(({ name, chart, values }) => ({ title: name, chart: resolve(chart), values })),
  ...packs.flatMap(({ name, chart, presets }, index) => {
    if (WITHOUT_PODS.includes(name)) return [];
    const folder = join(packFolders[index] ?? '', chart ?? '');
    const offered = presets.map((preset) => ({
      title: `${name} as ${preset.name}`,
      chart: folder,
      values: preset.values,
    }));
    return [{ title: name, chart: folder, values: {} }, ...offered];
  }),
  // In no release: who mirrors says from where.
  { title: 'mirror', chart: resolve('charts/mirror'), values: {} },
];

let helm: string;
before(async () => {
  helm = await helmProgram();
});

async function render(chart: string, values: object): Promise<KubeObject[]> {
  const args = ['template', 'name', chart, '--namespace', 'skerry-system', '--include-crds', '--values', '-'];
  const { stdout } = await execa(helm, args, { input: JSON.stringify(values) });
  return parseAllDocuments(stdout).flatMap((document) => {
    const object: unknown = document.toJS();
    return object === null ? [] : [KubeObject.parse(object)];
  });
}

const KubeObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
type KubeObject = z.infer<typeof KubeObject>;

/** The parts of a pod that Kubernetes' "restricted" pod security standard looks at. */
const Workload = z.object({
  spec: z.object({
    template: z.object({
      spec: z.looseObject({
        hostNetwork: z.never().optional(),
        hostPID: z.never().optional(),
        securityContext: z.looseObject({
          runAsNonRoot: z.literal(true),
          seccompProfile: z.object({ type: z.literal('RuntimeDefault') }),
        }),
        containers: z.array(
          z.looseObject({
            securityContext: z.strictObject({
              allowPrivilegeEscalation: z.literal(false),
              readOnlyRootFilesystem: z.literal(true),
              capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
            }),
            resources: z.looseObject({
              requests: z.object({}),
              limits: z.looseObject({ memory: z.string() }),
            }),
            readinessProbe: z.looseObject({}),
            livenessProbe: z.looseObject({}),
          }),
        ),
        volumes: z.array(z.looseObject({ name: z.string(), hostPath: z.never().optional() })).optional(),
      }),
    }),
  }),
});

describe('charts', { concurrency: true }, () => {
  for (const { title, chart, values } of charts) {
    test(`${title}: helm finds nothing wrong`, async () => {
      const { stdout } = await execa(helm, ['lint', '--strict', chart, '--values', '-'], {
        input: JSON.stringify(values),
      });
      assert.match(stdout, /1 chart\(s\) linted, 0 chart\(s\) failed/);
      assert.doesNotMatch(stdout, /WARNING|ERROR/);
    });

    test(`${title}: every image is one that this project builds`, async () => {
      const found = findImages(await render(chart, values));
      assert.ok(found.length > 0);
      for (const { reference, path } of found) assert.ok(built.has(reference), `${reference} in ${path}`);
    });

    test(`${title}: its pods keep to the restricted pod security standard`, async () => {
      const workloads = (await render(chart, values)).filter(({ kind }) => kind === 'Deployment');
      assert.ok(workloads.length > 0);
      for (const workload of workloads) {
        const result = Workload.safeParse(workload);
        assert.ok(
          result.success,
          result.success ? '' : `${workload.metadata.name}: ${z.prettifyError(result.error)}`,
        );
      }
    });
  }
});

test('an unknown value is refused by every chart', async () => {
  for (const { chart } of charts) {
    await assert.rejects(
      render(chart, { nosuchvalue: 1 }),
      /additional properties 'nosuchvalue' not allowed/,
    );
  }
});

test('every image of the release and every image that is built is the other', async () => {
  const rendered = await Promise.all(charts.map(({ chart, values }) => render(chart, values)));
  const named = new Set([
    ...release.images,
    ...findImages(rendered.flat()).map(({ reference }) => reference),
  ]);
  assert.deepEqual([...new Set([...named, ...ofClusterApi])].sort(), [...built].sort());
});

test('bundles beside the platform’s name every image that is built for them, in the version that they are of', async () => {
  const nodes = (await readRelease(join(FOLDER, 'nodes.yaml'))).release;
  assert.equal(nodes.version, programs['kube-apiserver'].version);
  const aws = await readRelease(join(FOLDER, 'aws.yaml'));
  assert.equal(aws.release.version, programs['cluster-api-aws'].version);
  const folders = aws.release.packs.map(aws.resolve);
  const rendered = await Promise.all(folders.map((folder) => render(join(folder, 'chart'), {})));
  const named = [...nodes.images, ...findImages(rendered.flat()).map(({ reference }) => reference)];
  assert.deepEqual([...new Set(named)].sort(), nodeRecipes.map(referenceOf).sort());
});

test('the pack of Cluster API runs the images that are built for it', async () => {
  const values = parse(await readFile(join(FOLDER, 'packs/cluster-api/chart/values.yaml'), 'utf8'));
  const { images } = z.looseObject({ images: z.record(z.string(), z.string()) }).parse(values);
  assert.deepEqual(Object.values(images).sort(), [...ofClusterApi].sort());
});

test('the release and the charts of its components carry the version of this package', async () => {
  assert.equal(release.version, packageJson.version);
  for (const { chart } of release.components) {
    const { version, appVersion } = await chartFile(resolve(chart));
    assert.deepEqual([version, appVersion], [packageJson.version, packageJson.version], chart);
  }
});

test('a pack and its chart carry the same name and version', async () => {
  for (const [index, { name, version, chart }] of packs.entries()) {
    const file = await chartFile(join(packFolders[index] ?? '', chart ?? ''));
    assert.deepEqual([file.name, file.version], [name, version]);
  }
});

test('the hub reads no secret but its own and those of projects, and writes only what is the platform’s', async () => {
  const objects = await render(resolve('charts/hub'), {});
  const rulesOf = (kind: string, ...names: string[]) =>
    objects
      .filter((object) => object.kind === kind && names.includes(object.metadata.name))
      .flatMap((role) => Rules.parse(role).rules);
  const secretsIn = (rules: ReturnType<typeof rulesOf>) =>
    rules
      .filter(({ resources }) => resources.includes('secrets'))
      .map(({ resourceNames, verbs }) => `${verbs} ${resourceNames ?? 'any'}`)
      .toSorted();
  const everywhere = rulesOf('ClusterRole', 'skerry-hub');
  assert.deepEqual(secretsIn(everywhere), []);
  assert.deepEqual(secretsIn(rulesOf('Role', 'skerry-hub', 'skerry-hub-own')), [
    'create any',
    'get,update skerry-hub-authority,skerry-hub-sessions',
    'get,update skerry-hub-tls',
  ]);
  const writes = everywhere
    .filter(({ apiGroups }) => apiGroups.join() !== 'skerry.dev')
    .flatMap(({ resources, resourceNames, verbs }) =>
      verbs
        .filter((verb) => !['get', 'list', 'watch'].includes(verb))
        .map((verb) => `${verb} ${resources} ${resourceNames ?? 'any'}`),
    );
  assert.deepEqual(writes.toSorted(), [
    'bind clusterroles skerry-viewer,skerry-operator,skerry-admin,skerry-auditor,skerry-hub-project',
    'create namespaces any',
    'create rolebindings any',
    'create subjectaccessreviews any',
    'create tokenreviews any',
    'delete namespaces any',
    'delete rolebindings any',
    'update rolebindings any',
  ]);
  assert.deepEqual(secretsIn(rulesOf('ClusterRole', 'skerry-hub-project')), ['get any']);
  // It is bound in each project, by the hub, and nowhere by the chart.
  const bound = objects.flatMap((object) => Binding.safeParse(object).data?.roleRef.name ?? []);
  assert.ok(!bound.includes('skerry-hub-project') && bound.includes('skerry-hub'));
});

const Binding = z.looseObject({ roleRef: z.looseObject({ name: z.string() }) });
const Rules = z.looseObject({
  rules: z.array(
    z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      resourceNames: z.array(z.string()).optional(),
      verbs: z.array(z.string()),
    }),
  ),
});

const COMMANDS = { hub: ['hub'], registry: ['registry', 'serve'], mirror: ['mirror', 'run'] };
for (const [component, command] of Object.entries(COMMANDS)) {
  test(`every argument that the chart gives to ${command.join(' ')} is one that it knows`, async () => {
    const tls = { hosts: ['hub.island'] };
    const objects = await render(resolve(`charts/${component}`), component === 'hub' ? { tls } : {});
    const args = objects.flatMap(
      (object) => Args.safeParse(object).data?.spec.template.spec.containers ?? [],
    );
    const given = args.flatMap((container) => container.args);
    assert.deepEqual(given.slice(0, command.length), command);
    const help = await execa(process.execPath, [join(FOLDER, '../skerry.ts'), ...command, '--help']);
    const known = new Set(help.stdout.match(/--[a-z-]+/g));
    const options = given.slice(command.length).filter((arg) => arg.startsWith('--'));
    const flags = options.map((arg) => arg.split('=')[0] ?? '');
    assert.ok(flags.length > 2);
    for (const flag of flags) assert.ok(known.has(flag), flag);
  });
}

const Container = z.object({ args: z.array(z.string()) });
const Args = z.object({
  spec: z.object({ template: z.object({ spec: z.object({ containers: z.array(Container) }) }) }),
});

test('a mirror runs as a Deployment with metrics, or as a CronJob that never overlaps itself, with the same file', async () => {
  const jobs = [{ name: 'a', from: 'https://registry.example', to: '/data/copy' }];
  const config = { apiVersion: 'skerry.dev/v1', kind: 'Mirror', name: 'team', jobs };
  const files = { 'vendor.pub': '-----BEGIN PUBLIC KEY-----' };
  const of = async (mode: string) => await render(resolve('charts/mirror'), { mode, config, files });
  const [deployed, scheduled] = [await of('deployment'), await of('cronjob')];
  const kinds = (objects: readonly KubeObject[]) => objects.map(({ kind }) => kind).sort();
  const both = ['ConfigMap', 'NetworkPolicy', 'PersistentVolumeClaim'];
  assert.deepEqual(kinds(deployed), [...both, 'Deployment', 'Service'].sort());
  assert.deepEqual(kinds(scheduled), [...both, 'CronJob'].sort());
  const [job] = scheduled.filter(({ kind }) => kind === 'CronJob');
  const CronJob = z.looseObject({ concurrencyPolicy: z.literal('Forbid'), jobTemplate: Args });
  const [container] = CronJob.parse(job?.spec).jobTemplate.spec.template.spec.containers;
  assert.deepEqual(container?.args.slice(0, 3), ['mirror', 'run', '/etc/skerry/mirror/mirror.yaml']);
  for (const objects of [deployed, scheduled]) {
    const [map] = objects.filter(({ kind }) => kind === 'ConfigMap');
    const data = z.record(z.string(), z.string()).parse(map?.data);
    assert.deepEqual(Object.keys(data).sort(), ['mirror.yaml', 'vendor.pub']);
    assert.equal(parseMirror(data['mirror.yaml'] ?? '', 'mirror.yaml').jobs.length, 1);
  }
});

test("the registry's claim takes size and class from the values, and none where one exists", async () => {
  const claims = async (storage: object) =>
    (await render(resolve('charts/registry'), { storage })).filter(
      ({ kind }) => kind === 'PersistentVolumeClaim',
    );
  const [claim] = await claims({ size: '7Gi', storageClass: 'fast' });
  assert.deepEqual(claim?.spec, {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'fast',
    resources: { requests: { storage: '7Gi' } },
  });
  assert.deepEqual(await claims({ existingClaim: 'mine' }), []);
});

test('CoreDNS is configured for the names, servers and domain that its values state', async () => {
  const values = {
    hosts: { 'registry.island': '10.0.0.5' },
    forward: ['10.0.0.1', '10.0.0.2'],
    cluster: { domain: 'far.local' },
  };
  const objects = await render(resolve('packs/coredns/chart'), values);
  const config = z.looseObject({ data: z.object({ Corefile: z.string() }) });
  const { Corefile } = config.parse(objects.find(({ kind }) => kind === 'ConfigMap')).data;
  for (const line of [
    'kubernetes far.local in-addr.arpa',
    '10.0.0.5 registry.island',
    'forward . 10.0.0.1 10.0.0.2',
  ]) {
    assert.ok(Corefile.includes(line), line);
  }
});

test('no file here names a registry host that exists', async () => {
  for (const name of await readdir(FOLDER, { recursive: true })) {
    if (!/\.(ya?ml|json|tpl)$/.test(name)) continue;
    const text = await readFile(join(FOLDER, name), 'utf8');
    assert.doesNotMatch(
      text,
      /\b(docker\.io|quay\.io|ghcr\.io|gcr\.io|registry\.k8s\.io|mcr\.microsoft\.com)\b/,
      name,
    );
  }
});

async function chartFile(folder: string) {
  const schema = z.looseObject({ name: z.string(), version: z.string(), appVersion: z.string() });
  return schema.parse(parse(await readFile(join(folder, 'Chart.yaml'), 'utf8')));
}
