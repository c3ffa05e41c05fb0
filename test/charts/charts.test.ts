import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { create as createTar } from 'tar';
import { readChartArchive, writeChartArchive } from '../../apply/chart/archive.ts';
import { putChart, repackChart } from '../../bundle/charts/chart.ts';
import { isSkerryError } from '../../content/error.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { readOnlyAccess } from '../../registry/access/access.ts';
import { serveRegistry } from '../../registry/server/serve.ts';
import { CHART_YAML, type ChartRelease, chartRelease, testHelm } from './chart-release.ts';

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n';
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      volumes: [{name: v, emptyDir: {}}]
      containers:
        - {name: c, image: "", env: [{name: A, value: "1"}, {name: A, value: "2"}]}
`;

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

describe('what would break on the island is told when the bundle is made', () => {
  const refused: [string, string, string, string][] = [
    [
      'two env entries of one name',
      DEPLOYMENT,
      'LIST_KEY_DUPLICATE',
      'component app: Deployment.apps app spec.template.spec.containers[0].env[1]',
    ],
    [
      'an API that a minor of the range no longer serves',
      'apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: a}\n',
      'API_REMOVED',
      'component app: FlowSchema.flowcontrol.apiserver.k8s.io a',
    ],
    [
      'a Namespace that every cluster has',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n',
      'NAMESPACE_OF_CLUSTER',
      'component app: Namespace default',
    ],
  ];
  for (const [what, template, code, place] of refused) {
    test(`${what} is an error with its place`, async () => {
      const release = await chartRelease(chartOf({ 'templates/t.yaml': template }));
      await assert.rejects(
        release.create(),
        (error) => isSkerryError(error, code) && error.subject === place,
      );
    });
  }

  test('a release that Helm could not keep is reported with its size and largest files', async () => {
    const noise = (seed: string) =>
      createHash('shake256', { outputLength: 800_000 }).update(seed).digest('base64');
    const release = await chartRelease(
      chartOf({
        'one.json': noise('1'),
        'two.json': noise('2'),
        'templates/c.yaml': `${CONFIG_MAP}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {one: {{ .Files.Get "one.json" | quote }}}\n`,
      }),
    );
    await assert.rejects(
      release.create(),
      (error) =>
        isSkerryError(error, 'RELEASE_RECORD_TOO_LARGE') &&
        error.subject === 'component app' &&
        error.detail?.includes('ConfigMap b') === true,
    );
  });

  test('a Service that needs a load balancer is a warning, unless the release accepts it', async () => {
    const service =
      'apiVersion: v1\nkind: Service\nmetadata: {name: in}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n';
    const files = chartOf({ 'templates/s.yaml': service });
    const warned = await (await chartRelease(files)).create();
    assert.deepEqual(
      warned.warnings.map(({ code, place }) => [code, place]),
      [['LOAD_BALANCER_NEEDED', 'component app: Service in']],
    );
    const accepted = await (
      await chartRelease(files, {
        component: 'health: [{apiVersion: v1, kind: Service, name: in, ignore: true}]',
      })
    ).create();
    assert.deepEqual(accepted.warnings, []);
  });

  test('what Helm warns of is reported', async () => {
    const release = await chartRelease(
      chartOf({ 'values.yaml': 'a: text\n', 'templates/c.yaml': CONFIG_MAP }),
      { component: 'values: {a: {b: c}}' },
    );
    const { warnings } = await release.create();
    assert.ok(
      warnings.some(({ code }) => code === 'HELM_WARNED'),
      JSON.stringify(warnings),
    );
  });
});

describe('charts that are right', () => {
  const taken: [string, string][] = [
    ['a list whose items share an anchor', LIST],
    [
      'a Job that goes when it is done',
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: m}\nspec: {ttlSecondsAfterFinished: 0, template: {spec: {restartPolicy: Never, containers: [{name: c, image: ""}]}}}\n',
    ],
    [
      'its own Namespace',
      `apiVersion: v1\nkind: Namespace\nmetadata: {name: "{{ .Release.Namespace }}", labels: {a: b}}\n---\n${CONFIG_MAP}`,
    ],
  ];
  for (const [what, template] of taken) {
    test(`${what} is taken`, async () => {
      const release = await chartRelease(chartOf({ 'templates/t.yaml': template }));
      const { warnings, copied } = await release.create();
      assert.deepEqual(warnings, []);
      assert.ok(copied);
    });
  }
});

describe('where a chart comes from', () => {
  test('an archive with a build in its name, hidden files, blanks and long names is taken whole, and is always the same', async () => {
    const long = `files/${'n'.repeat(120)}.txt`;
    const files = chartOf({
      'Chart.yaml': 'apiVersion: v2\nname: app\nversion: 1.0.0+build.7\n',
      '.hidden': 'x',
      'files/dash boards/Übersicht.json': '{}',
      [long]: 'long',
      'templates/c.yaml': CONFIG_MAP,
    });
    const release = await chartRelease(files, { chart: 'app-1.0.0+build.7.tgz' });
    await archive(release, 'app-1.0.0+build.7.tgz', 9);
    const made = await release.create();
    const chart = made.release.components[0]?.chart;
    assert.deepEqual([chart?.repository, chart?.tag], ['skerry/charts/app', '1.0.0_build.7']);
    await rm(join(release.folder, 'app-1.0.0+build.7.tgz'));
    await archive(release, 'app-1.0.0+build.7.tgz', 1);
    assert.equal((await release.create()).release.components[0]?.chart.digest, chart?.digest);
    const packed = await repackChart(await readFile(join(release.folder, 'app-1.0.0+build.7.tgz')), 'x');
    const again = await readChartArchive(packed.archive, 'x');
    assert.deepEqual(
      [...again.keys()],
      ['.hidden', 'Chart.yaml', 'files/dash boards/Übersicht.json', long, 'templates/c.yaml'],
    );
  });

  test('a chart of a registry is fetched by version, by digest, newest by default, and from a mirror', async () => {
    const store = new MemoryStore('charts');
    const digests = new Map<string, string>();
    for (const version of ['1.0.0', '1.1.0+b', '2.0.0-rc.1']) {
      const files = new Map(
        Object.entries({
          'Chart.yaml': `apiVersion: v2\nname: app\nversion: ${version}\n`,
          'templates/c.yaml': CONFIG_MAP,
        }).map(([path, text]) => [path, Buffer.from(text)]),
      );
      const packed = await repackChart(await writeChartArchive('app', files), version);
      digests.set(version, (await putChart(store, 'team/charts/app', packed)).digest);
    }
    await using registry = await serve(store);
    const mirror = `sources: [{prefix: charts.example, registry: "${registry.host}"}]`;
    const versionOf = async (chart: string) => {
      const release = await chartRelease({}, { chart });
      const yaml = join(release.folder, 'release.yaml');
      await writeFile(yaml, (await readFile(yaml, 'utf8')).replace(/^sources:.*$/m, mirror));
      return (await release.create()).release.components[0]?.chart.tag;
    };
    const name = 'oci://charts.example/team/charts/app';
    assert.equal(await versionOf(`${name}:1.0.0`), '1.0.0');
    assert.equal(await versionOf(name), '1.1.0_b');
    assert.equal(await versionOf(`${name}:1.1.0+b`), '1.1.0_b');
    assert.equal(await versionOf(`${name}@${digests.get('2.0.0-rc.1')}`), '2.0.0-rc.1');
    assert.equal(await versionOf(`oci://${registry.host}/team/charts/app:1.0.0`), '1.0.0');
    await assert.rejects(versionOf(`${name}:9.9.9`), (error) => isSkerryError(error, 'CHART_NOT_FOUND'));
    await assert.rejects(versionOf('oci://Not A Name'), (error) => isSkerryError(error, 'CHART_INVALID'));
  });
});

describe('a chart that misbehaves', () => {
  test('a link that leads out of it is refused with its target; one within it is fine', async () => {
    const release = await chartRelease({
      ...chartOf({ 'templates/c.yaml': CONFIG_MAP, 'real.txt': 'x' }),
      'secret.txt': 'secret',
    });
    await symlink('real.txt', join(release.folder, 'app/alias.txt'));
    await release.create();
    await symlink('../secret.txt', join(release.folder, 'app/files.txt'));
    await assert.rejects(
      release.create(),
      (error) =>
        isSkerryError(error, 'CHART_LINK_OUTSIDE') &&
        error.subject === join(release.folder, 'app/files.txt') &&
        error.detail?.includes('../secret.txt') === true,
    );
  });

  const endless = '{{- range $i := until 100000 }}{{ range $j := until 100000 }}{{ $j }}{{ end }}{{ end }}';
  test('one that renders without end is ended', async () => {
    const release = await chartRelease(chartOf({ 'templates/c.yaml': endless }));
    const limits = { timeMs: 1000, outputBytes: 1_000_000_000 };
    await assert.rejects(release.create({ limits }), limitOf(release));
  });

  test('one that writes more than a chart may is ended', async () => {
    const much = `${CONFIG_MAP}{{ range $i := until 20000 }}---\n${CONFIG_MAP}{{ end }}`;
    const release = await chartRelease(chartOf({ 'templates/c.yaml': much }));
    await assert.rejects(
      release.create({ limits: { timeMs: 60_000, outputBytes: 100_000 } }),
      limitOf(release),
    );
  });

  const schemas: [string, string, string][] = [
    ['of the chart', 'app/values.schema.json', 'values.schema.json'],
    ['of a chart in it', 'app/charts/sub/values.schema.json', 'charts/sub/values.schema.json'],
  ];
  for (const [whose, path, named] of schemas) {
    test(`a remote reference in the schema ${whose} is named, and nobody is asked`, async () => {
      let asked = 0;
      const listener = createServer((socket) => {
        asked++;
        socket.destroy();
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => listener.once('listening', resolve));
      const address = listener.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const schema = { properties: { sub: { $ref: `http://127.0.0.1:${port}/x.json#/definitions/A` } } };
      const release = await chartRelease({
        ...chartOf({ 'templates/c.yaml': CONFIG_MAP, 'values.yaml': 'sub: {a: 1}\n' }),
        'app/charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
        [path]: JSON.stringify(schema),
      });
      await assert.rejects(
        release.create(),
        (error) =>
          isSkerryError(error, 'SCHEMA_REFERENCE_OUTSIDE') &&
          error.detail?.includes(`${named}#/properties/sub/$ref`) === true,
      );
      assert.equal(asked, 0);
      await archive(release, 'app.tgz', 9);
      const given = { name: 'app', namespace: 'app', chart: join(release.folder, 'app.tgz') };
      const helm = await testHelm(release.folder);
      for (const run of [helm.template(given), helm.upgrade(given)])
        await assert.rejects(run, (error) => isSkerryError(error, 'SCHEMA_REFERENCE_OUTSIDE'));
      assert.equal(asked, 0);
      listener.close();
    });
  }
});

/** Files of the chart in the folder `app`. */
function chartOf(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ 'Chart.yaml': CHART_YAML, ...files }).map(([path, text]) => [`app/${path}`, text]),
  );
}

async function archive({ folder }: ChartRelease, name: string, level: number): Promise<void> {
  await createTar({ cwd: folder, file: join(folder, name), gzip: { level } }, ['app']);
}

function limitOf({ folder }: ChartRelease) {
  return (error: unknown) =>
    isSkerryError(error, 'HELM_LIMIT_EXCEEDED') && error.subject === `app from ${join(folder, 'app')}`;
}

async function serve(store: MemoryStore): Promise<{ host: string } & AsyncDisposable> {
  const listen = { host: '127.0.0.1', port: 0 };
  const registry = await serveRegistry({ store, access: readOnlyAccess, log: () => {}, listen });
  return {
    host: `127.0.0.1:${registry.port}`,
    [Symbol.asyncDispose]: async () => await registry.close({ drainMs: 0 }),
  };
}
