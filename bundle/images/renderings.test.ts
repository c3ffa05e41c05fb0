import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { create } from 'tar';
import { applyError } from '../../apply/errors.ts';
import type { Helm } from '../../apply/helm/helm.ts';
import { createHelm } from '../../apply/helm/helm.ts';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { HiddenApis } from './hidden-apis.ts';
import { type ChartUse, renderCharts } from './renderings.ts';
import { servedApis } from './served-apis.ts';

const VERSIONS = ['1.31.0', '1.32.0', '1.33.0'];

test('a chart that asks nothing of the cluster is rendered once, for all versions', async () => {
  const { calls, result } = await render({
    'templates/a.yaml': 'securityContext: {capabilities: {drop: [ALL]}}',
  });
  assert.deepEqual(
    calls.map(({ kubeVersion }) => kubeVersion),
    ['1.33.0'],
  );
  assert.deepEqual(
    result.renderings.map(({ versions }) => versions),
    [[]],
  );
});

for (const [what, files] of Object.entries({
  'a template': { 'templates/a.yaml': '{{ .Capabilities.KubeVersion }}' },
  'a helper of a chart within': { 'charts/sub/templates/_h.tpl': '{{ .Capabilities.KubeVersion }}' },
  'a file that a template reads': { 'files/x.txt': '{{ .Capabilities.KubeVersion }}' },
  'a range that not all are in': { 'Chart.yaml': 'name: x\nkubeVersion: ">=1.32.0-0"' },
  'a range that Helm alone understands': { 'Chart.yaml': 'name: x\nkubeVersion: ">1.30"' },
  'a range in braces': { 'Chart.yaml': '{name: x, kubeVersion: ">=1.30"}' },
  'an archive that can’t be read': { 'charts/sub.tgz': '\u001f\u008b not really' },
})) {
  test(`a chart where ${what} asks for the version is rendered for each`, async () => {
    const { calls } = await render(files);
    assert.deepEqual(new Set(calls.map(({ kubeVersion }) => kubeVersion)), new Set(VERSIONS));
  });
}

test('a chart that asks whether it is an upgrade is rendered as both; one that refuses the upgrade is reported', async () => {
  const asking = { 'templates/a.yaml': '{{ if .Release.IsUpgrade }}{{ fail "no" }}{{ end }}' };
  const { calls, result } = await render(asking);
  assert.deepEqual(
    calls.map(({ isUpgrade }) => isUpgrade),
    [false, true],
  );
  assert.deepEqual(result.unseenUpgrades, []);
  const fail = { failing: ({ isUpgrade = false }) => isUpgrade };
  assert.equal((await render(asking, {}, fail)).result.unseenUpgrades.length, 1);
  assert.equal((await render(asking, {}, fail)).result.renderings.length, 1);
});

test('a failure for one version says for which', async () => {
  const asking = { 'templates/a.yaml': '{{ .Capabilities.KubeVersion }}' };
  const failing = ({ kubeVersion }: { kubeVersion?: string | undefined }) => kubeVersion === '1.32.0';
  await assert.rejects(render(asking, {}, { failing }), (error) => {
    return isSkerryError(error, 'HELM_RENDER_FAILED') && error.message.includes('for Kubernetes 1.32.0');
  });
});

test('a chart whose range surely holds all versions is rendered once', async () => {
  for (const range of ['">=1.25.0-0"', '">= 1.31.0, < 1.36"', "'>=1.31.0-0 <1.36.0-0' # all", '>=1.25']) {
    const { calls } = await render({ 'Chart.yaml': `name: x\nkubeVersion: ${range}\nversion: 1.0.0\n` });
    assert.equal(calls.length, 1, range);
  }
});

test('values may ask as well', async () => {
  const { calls } = await render({}, { image: '{{ .Capabilities.KubeVersion.Minor }}' });
  assert.equal(calls.length, VERSIONS.length);
});

test('a chart that asks for APIs sees those of all CRDs of the release, and those that were declared', async () => {
  const crd = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x.example}
spec: {group: x.example, names: {kind: Thing}, versions: [{name: v1, served: true}, {name: v0, served: false}]}
`;
  const asking = {
    'templates/a.yaml': '{{ if .Capabilities.APIVersions.Has "x.example/v1/Thing" }}x{{ end }}',
  };
  const { calls } = await render(asking, {}, { text: crd, apiVersions: ['y.example/v2/Other'] });
  const own = ['x.example/v1', 'x.example/v1/Thing'];
  const seen = calls.map(({ apiVersions = [] }) => apiVersions.filter((api) => /example/.test(api)));
  assert.equal(calls.length, 3 * VERSIONS.length);
  for (const expected of [[], own, [...own, 'y.example/v2', 'y.example/v2/Other']])
    assert.equal(seen.filter((apis) => apis.join() === expected.join()).length, VERSIONS.length);
});

test('APIs of old are answered with no, those that are served and those of others stay', async () => {
  const chart = await chartOf({
    'templates/a.yaml': `{{ if .Capabilities.APIVersions.Has "batch/v1beta1" }}a{{ else }}b{{ end }}
{{ if and (not ($.Capabilities.APIVersions.Has "policy/v1beta1/PodSecurityPolicy")) ($.Capabilities.APIVersions.Has "batch/v1") }}c{{ end }}
{{ .Capabilities.APIVersions.Has "other.example/v1" }}`,
  });
  const hidden = new HiddenApis(await testFolder('scratch'));
  const copy = await hidden.chartFor(chart, new Set(servedApis('1.31.0')));
  assert.equal(
    await readFile(join(copy, 'templates/a.yaml'), 'utf8'),
    `{{ if eq 1 2 }}a{{ else }}b{{ end }}
{{ if and (not (eq 1 2)) ($.Capabilities.APIVersions.Has "batch/v1") }}c{{ end }}
{{ .Capabilities.APIVersions.Has "other.example/v1" }}`,
  );
  assert.equal(await hidden.chartFor(chart, new Set(servedApis('1.31.0'))), copy);
  assert.equal(await hidden.chartFor(chart, new Set(servedApis('1.24.0'))), chart);
});

test('archives are looked into as well: a chart that is one, and one that is a dependency', async () => {
  const question = '{{ .Capabilities.APIVersions.Has "policy/v1beta1" }}';
  const parent = await testFolder('parent');
  const sub = await chartOf({ 'templates/a.yaml': question });
  await mkdir(join(parent, 'p/charts'), { recursive: true });
  await writeFile(join(parent, 'p/Chart.yaml'), 'name: p\n');
  await create({ cwd: dirname(sub), file: join(parent, 'p/charts/sub-1.0.0.tgz'), gzip: true }, [
    basename(sub),
  ]);
  await create({ cwd: parent, file: join(parent, 'p.tgz'), gzip: true }, ['p']);
  for (const chart of ['p', 'p.tgz']) {
    const hidden = new HiddenApis(await testFolder('scratch'));
    const copy = await hidden.chartFor(join(parent, chart), new Set(servedApis('1.31.0')));
    assert.equal(
      await readFile(join(copy, 'charts/sub-1.0.0/templates/a.yaml'), 'utf8'),
      '{{ eq 1 2 }}',
      chart,
    );
    assert.deepEqual(await readdir(join(copy, 'charts')), ['sub-1.0.0']);
  }
});

interface Rendered {
  readonly text?: string;
  readonly apiVersions?: readonly string[];
  readonly failing?: (input: Parameters<Helm['template']>[0]) => boolean;
}

async function render(
  files: Readonly<Record<string, string>>,
  values: Readonly<Record<string, unknown>> = {},
  { text = 'a: b\n', apiVersions = [], failing = () => false }: Rendered = {},
) {
  const calls: Parameters<Helm['template']>[0][] = [];
  const helm: Helm = {
    ...createHelm({ program: 'helm is not run', home: '/nowhere', environment: {} }),
    template: async (input) => {
      calls.push(input);
      if (failing(input)) throw applyError('HELM_RENDER_FAILED', { subject: 'x', detail: 'no' });
      return text;
    },
  };
  const chart = await chartOf(files);
  const use: ChartUse = { name: 'x', namespace: 'x', chart, values, where: 'component x', component: 'x' };
  const scratch = await testFolder('scratch');
  return { calls, result: await renderCharts(helm, [use], { versions: VERSIONS, apiVersions }, { scratch }) };
}

async function chartOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await testFolder('chart');
  for (const [name, text] of Object.entries({ 'Chart.yaml': 'name: x\n', ...files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), Buffer.from(text, 'latin1'));
  }
  return folder;
}
