import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { execa } from 'execa';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { findImages } from '../apply/find-images.ts';
import { readPack } from '../bundle/pack.ts';
import { readRelease } from '../bundle/release.ts';
import packageJson from '../package.json' with { type: 'json' };
import { helmProgram } from '../test/helm-program.ts';
import { platformRecipes } from './images/platform-build.ts';
import { referenceOf } from './images/recipe.ts';

const FOLDER = import.meta.dirname;
const { release, resolve } = await readRelease(join(FOLDER, 'release.yaml'));
const packFolders = release.packs.map(resolve);
const packs = await Promise.all(packFolders.map(readPack));
const built = new Set(platformRecipes.map(referenceOf));

/** Every chart of the release with every set of values that it is offered with. */
const charts: { title: string; chart: string; values: object }[] = [
  ...release.components.map(({ name, chart, values }) => ({ title: name, chart: resolve(chart), values })),
  ...packs.flatMap(({ name, chart, presets }, index) => {
    const folder = join(packFolders[index] ?? '', chart);
    const offered = presets.map((preset) => ({
      title: `${name} as ${preset.name}`,
      chart: folder,
      values: preset.values,
    }));
    return [{ title: name, chart: folder, values: {} }, ...offered];
  }),
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
  assert.deepEqual([...named].sort(), [...built].sort());
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
    const file = await chartFile(join(packFolders[index] ?? '', chart));
    assert.deepEqual([file.name, file.version], [name, version]);
  }
});

test('the hub may read no secret but its own, and change nothing else', async () => {
  const objects = await render(resolve('charts/hub'), {});
  const rules = objects
    .filter(({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && metadata.name === 'skerry-hub')
    .flatMap((role) => Rules.parse(role).rules);
  const secrets = rules.filter(({ resources }) => resources.includes('secrets'));
  assert.deepEqual(secrets, [
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: ['skerry-hub-tls'],
      verbs: ['get', 'update'],
    },
  ]);
  const reviews = ['tokenreviews', 'subjectaccessreviews'];
  for (const { resources, verbs } of rules.filter((rule) => !rule.resources.includes('secrets'))) {
    const allowed = resources.every((name) => reviews.includes(name)) ? ['create'] : ['get', 'list', 'watch'];
    assert.ok(
      verbs.every((verb) => allowed.includes(verb)),
      `${verbs} on ${resources}`,
    );
  }
});

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

for (const [component, command] of Object.entries({ hub: ['hub'], registry: ['registry', 'serve'] })) {
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
    const flags = given.slice(command.length).map((arg) => arg.split('=')[0] ?? '');
    assert.ok(flags.length > 2);
    for (const flag of flags) assert.ok(known.has(flag), flag);
  });
}

const Container = z.object({ args: z.array(z.string()) });
const Args = z.object({
  spec: z.object({ template: z.object({ spec: z.object({ containers: z.array(Container) }) }) }),
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
