import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { before, describe, test } from 'node:test';
import { createHelm, type Helm } from '../../apply/helm/helm.ts';
import { type CreateOptions, createBundle } from '../../bundle/create.ts';
import type { ImageSurvey } from '../../bundle/images/survey.ts';
import { generateKey, parseSigningKey } from '../../bundle/key.ts';
import { imageMap } from '../../bundle/locked-release.ts';
import { isSkerryError } from '../../content/error.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { descriptorOf, manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { runCli } from '../../installer/cli.ts';
import { engineComponent } from '../../installer/component.ts';
import { helmProgram } from '../charts/helm-program.ts';
import { writeCase } from './case-release.ts';
import { edit, putImage } from './small-release.ts';

const KEY = parseSigningKey(generateKey().privatePem, 'test');
let helm: Helm;
before(async () => {
  const home = await testFolder('helm-home');
  helm = createHelm({ program: await helmProgram(), home, environment: process.env });
});

async function create(release: string, options: Partial<CreateOptions> = {}) {
  return await createBundle(release, await testFolder('stick'), {
    helm,
    key: KEY,
    scratch: await testFolder('scratch'),
    hostTools: async () => [],
    ...options,
  });
}

function inState({ accounts }: ImageSurvey, state: string): string[] {
  return accounts
    .filter((account) => account.state === state && account.certainty !== 'possible')
    .map(({ reference }) => reference);
}

const OPERATOR_IMAGES = [
  'docker.io/acme/operator:1.0',
  ...['quay.io/acme/reloader:1.0', 'docker.io/acme/engine:1.0', 'docker.io/acme/sidecar:1.0'],
  ...['docker.io/library/busybox:1.36', 'quay.io/acme/worker:1.0', 'docker.io/acme/hub-worker:1.0'],
  ...['quay.io/acme/kafka:4.1.0', 'quay.io/acme/kafka:4.2.0', 'quay.io/acme/parts:3.0'],
];

describe('images that an operator is told of in variables and arguments', () => {
  test('all are taken where the source holds them, under every name that manifests use', async () => {
    const { survey, release } = await create(await writeCase('operand-env', OPERATOR_IMAGES), {
      strict: true,
    });
    assert.equal(survey.images.length, OPERATOR_IMAGES.length);
    const map = imageMap(release, 'island:5000');
    for (const name of [...OPERATOR_IMAGES, 'acme/engine:1.0', 'busybox:1.36', 'docker.io/busybox:1.36'])
      assert.match(map.get(name) ?? '', /^island:5000\/(?:docker|quay)\.io\/.+@sha256:/, name);
  });

  test('those that are not there are listed, and stop a strict build until they are accounted for', async () => {
    const path = await writeCase('operand-env', OPERATOR_IMAGES.slice(0, 1));
    const { survey } = await create(path);
    assert.deepEqual(inState(survey, 'not-found').length, OPERATOR_IMAGES.length - 1);
    await assert.rejects(create(path, { strict: true }), (error) => {
      assert.ok(isSkerryError(error, 'IMAGES_UNACCOUNTED'));
      for (const name of ['acme/engine:1.0', 'busybox:1.36', 'quay.io/acme/parts:3.0', 'args[2]'])
        assert.ok(error.message.includes(name), name);
      return true;
    });
    await appendFile(
      path,
      `strict: true
accounted:
  - {match: 'quay.io/acme/*', as: left-out, note: the site has its own}
  - {match: 'acme/*', as: left-out, note: never started here}
  - {match: busybox:1.36, as: not-an-image, note: only a name}
  - {match: gone:1, as: not-an-image, note: of an older chart}
`,
    );
    const accounted = await create(path);
    assert.deepEqual(inState(accounted.survey, 'not-found'), []);
    assert.deepEqual(inState(accounted.survey, 'not-an-image'), ['busybox:1.36']);
    assert.deepEqual(
      accounted.survey.unused.map(({ match }) => match),
      ['gone:1'],
    );
    await edit(path, "'acme/*', as: left-out", "'acme/*', as: image");
    await assert.rejects(create(path), (error) => isSkerryError(error, 'IMAGE_NOT_FOUND'));
  });
});

test('images in the fields of a custom resource are found, whole and in parts', async () => {
  const names = [
    ...[
      'postgres:17.4',
      'db:1.0',
      'split:v1',
      'splitnum:2',
      'parts:v1',
      'named:v1',
      'list-a:1',
      'ceph:v19',
    ].map((name) => `quay.io/acme/${name}`),
    ...['backup:1.0', 'spilo:1.0', 'list-b:1'].map((name) => `docker.io/acme/${name}`),
    'nvcr.io/acme/driver:550.1',
  ];
  const path = await writeCase('cr-fields', names);
  await edit(path, 'sources:', 'strict: true\nsources:\n  - {prefix: nvcr.io, layout: images}');
  const { survey } = await create(path);
  assert.equal(inState(survey, 'taken').length, names.length);
});

test('an operator’s images come along by every name, those of its custom resources surely', async () => {
  const names = [
    ...['registry.skerry.example/skerry:0.1.0', 'quay.io/acme/db:1.0', 'docker.io/acme/operator:1.0'],
    ...['quay.io/acme/reloader:1.0', 'quay.io/acme/worker:1.0'],
  ];
  const { release } = await create(await writeCase('run-operand', names), { strict: true });
  const certainties = new Map(release.images.map(({ reference, certainty }) => [reference, certainty]));
  assert.equal(certainties.get('quay.io/acme/db:1.0'), 'sure');
  assert.equal(certainties.get('quay.io/acme/reloader:1.0'), 'likely');
  assert.equal(certainties.get('quay.io/acme/worker:1.0'), 'likely');
});

describe('what depends on the cluster', () => {
  const minors = [31, 32, 33, 34, 35].map((minor) => `images.example/kubectl:1.${minor}`);

  test('every minor’s images are taken, those of Kubernetes’ own APIs and of declared ones', async () => {
    const names = [...minors, 'images.example/with-api:1', 'images.example/exporter:1'];
    const path = await writeCase('by-cluster', names);
    const plain = await create(path);
    assert.deepEqual(inState(plain.survey, 'taken'), names.slice(0, 6));
    assert.deepEqual(plain.survey.findings.lookups, ['component app']);
    const kubectl = plain.survey.accounts.find(({ reference }) => reference === minors[2]);
    assert.deepEqual(kubectl?.places[0]?.versions, ['1.33.0']);
    const always = plain.survey.accounts.find(({ reference }) => reference.includes('with-api'));
    assert.equal(always?.places[0]?.versions, undefined);
    await appendFile(path, 'apiVersions: [monitoring.example/v1]\n');
    const declared = await create(path);
    assert.deepEqual(inState(declared.survey, 'taken').sort(), names.toSorted());
  });

  test('an image of any minor that is missing is an error', async () => {
    const path = await writeCase('by-cluster', [...minors.slice(1), 'images.example/with-api:1']);
    await assert.rejects(
      create(path),
      (error) => isSkerryError(error, 'IMAGE_NOT_FOUND') && error.subject === minors[0],
    );
  });

  test('a chart for just the release’s range is taken, one for less is refused', async () => {
    const path = await writeCase('kube-range', []);
    await create(path);
    await edit(join(path, '../app/Chart.yaml'), '<1.36.0-0', '<1.35.0-0');
    await assert.rejects(create(path), (error) => isSkerryError(error, 'HELM_RENDER_FAILED'));
  });
});

describe('the command line', () => {
  test('bundle images lists what is taken and what is not, and explains any by every name', async () => {
    const path = await writeCase('operand-env', OPERATOR_IMAGES.slice(0, 2));
    const listed = await said('bundle', 'images', path, '--output', 'json');
    assert.deepEqual(JSON.parse(listed.out).counts.taken, 2);
    for (const name of ['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox']) {
      const [why] = JSON.parse((await said('bundle', 'images', path, '--why', name, '--output', 'json')).out);
      assert.equal(why.state, 'not-found');
      assert.match(why.places[0].where, /^component operator: Deployment\.apps operator .*args\[4\]$/);
      assert.match(why.source, /images/);
    }
    const text = await said('bundle', 'images', path);
    for (const part of ['2 taken', '8 not found', 'quay.io/acme/kafka:4.1.0', 'IMAGE_NOT_FOUND'])
      assert.ok(text.out.includes(part), part);
    const unknown = await said('bundle', 'images', path, '--why', 'nothing/such:1');
    assert.deepEqual([unknown.exitCode, /IMAGE_NOT_NAMED/.test(unknown.err)], [2, true]);
  });

  test('create --strict fails with what is unaccounted for and writes nothing; a bundle tells what was known', async () => {
    const path = await writeCase('operand-env', OPERATOR_IMAGES.slice(0, 1));
    const folder = join(await testFolder('stick'), 'out');
    const args = ['bundle', 'create', path, '-o', folder, '--program', process.execPath];
    const refused = await said(...args, '--strict');
    assert.deepEqual([refused.exitCode, /IMAGES_UNACCOUNTED/.test(refused.err)], [2, true]);
    await assert.rejects(readdir(folder));
    assert.equal((await said(...args)).exitCode, 0);
    const [why] = JSON.parse(
      (await said('bundle', 'images', folder, '--why', 'acme/engine:1.0', '--output', 'json')).out,
    );
    assert.deepEqual([why.state, why.reference], ['not-found', 'acme/engine:1.0']);
  });

  test('of chosen platforms only those travel, to the bundle and out of it; the digest stays', async () => {
    const path = await writeCase('kube-range', []);
    const index = await putIndex(join(path, '../images'), 'images.example/multi', [
      'amd64',
      'arm64',
      's390x',
    ]);
    await appendFile(path, 'images: [images.example/multi:1.0]\nplatforms: [linux/amd64, linux/arm64]\n');
    const { path: bundle, address, plan } = await create(path);
    assert.equal(plan.omissions.length, 1);
    const to = join(await testFolder('copy'), 'out');
    const release = `${address.repository}:${address.tag}@${address.digest}`;
    const copied = await said('copy', bundle, to, '--release', release);
    assert.equal(copied.exitCode, 0, copied.err);
    const layout = await openLayout(to);
    const manifest = await layout.readManifest('images.example/multi', '1.0');
    assert.equal(manifest?.digest, index.digest);
    const held = await Promise.all(
      index.children.map(
        async (digest) => (await layout.readManifest('images.example/multi', digest)) !== undefined,
      ),
    );
    assert.deepEqual(held, [true, true, false]);
  });
});

async function said(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = Promise.all([textOf(stdout), textOf(stderr)]);
  const home = await testFolder('home');
  const env = { SKERRY_HELM: await helmProgram(), HOME: home, XDG_CONFIG_HOME: home, PATH: process.env.PATH };
  const exitCode = await runCli(args, { stdout, stderr, stdin: new PassThrough(), env });
  stdout.end();
  stderr.end();
  const [out, err] = await output;
  return { exitCode, out, err };
}

/** An image for several architectures in a layout. */
async function putIndex(folder: string, repository: string, architectures: readonly string[]) {
  const layout = await openLayout(folder, { create: true });
  const manifests = [];
  for (const architecture of architectures) {
    await putImage(layout, `${repository}-${architecture}`, Buffer.from(architecture));
    const manifest = await layout.readManifest(`${repository}-${architecture}`, '1.0');
    assert.ok(manifest);
    manifests.push({ ...descriptorOf(manifest), platform: { os: 'linux', architecture } });
  }
  const index = manifestOf(MediaType.index, { schemaVersion: 2, mediaType: MediaType.index, manifests });
  await layout.writeManifest(repository, '1.0', index);
  return { digest: index.digest, children: manifests.map(({ digest }) => digest) };
}

describe('a chart that looks like an operator', () => {
  const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x.example}
spec: {group: x.example, scope: Namespaced, names: {kind: Thing, plural: things}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}
`;
  const manager = (args: string, verbs: string, bound = 'op') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: op}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: op, image: 'images.example/op:1', args: [${args}]}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: op, labels: {of: op}}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [${verbs}]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: op}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${bound}}
subjects: [{kind: ServiceAccount, name: op, namespace: app}]
`;
  const aggregated = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {of: op}}]}
rules: []
`;

  test('while no image is seen that it could start is reported, and stops a strict build until that is accounted for', async () => {
    const files = { 'crds/c.yaml': crd, 'templates/op.yaml': manager('--quiet', 'get, create') };
    const path = await writeRelease(files, ['images.example/op:1']);
    const { survey } = await create(path);
    assert.deepEqual(survey.operators, [
      { component: 'app', pack: undefined, role: 'ClusterRole op', makes: 'deployments.apps' },
    ]);
    await assert.rejects(create(path, { strict: true }), (error) =>
      isSkerryError(error, 'IMAGES_UNACCOUNTED'),
    );
    await appendFile(path, 'accounted: [{operator: app, note: it starts only its own image}]\n');
    assert.deepEqual((await create(path, { strict: true })).survey.operators, []);
  });

  test('is one by a role that is aggregated too, and none by a role that it only offers', async () => {
    for (const [bound, operators] of [
      ['all', 1],
      ['another', 0],
    ] as const) {
      const templates = `${manager('--quiet', 'create', bound)}---\n${aggregated}`;
      const files = { 'crds/c.yaml': crd, 'templates/op.yaml': templates };
      const { survey } = await create(await writeRelease(files, ['images.example/op:1']));
      assert.equal(survey.operators.length, operators);
    }
  });

  test('is none without CRDs or without the permission, and all is well where it is told of an image', async () => {
    for (const files of [
      { 'templates/op.yaml': manager('--quiet', 'create') },
      { 'crds/c.yaml': crd, 'templates/op.yaml': manager('--quiet', 'get, list') },
      { 'crds/c.yaml': crd, 'templates/op.yaml': manager('--agent-image=images.example/agent:1', "'*'") },
    ]) {
      const { survey } = await create(await writeRelease(files, ['images.example/op:1']));
      assert.deepEqual(survey.operators, []);
    }
  });
});

test('what a chart names where an old API is not served is taken, what it names where it is served is not asked for', async () => {
  const template = `apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: a, image: 'images.example/{{ .Capabilities.APIVersions.Has "policy/v1beta1" | ternary "old" "new" }}:1'}]}
`;
  const { survey } = await create(
    await writeRelease({ 'templates/a.yaml': template }, ['images.example/new:1']),
  );
  assert.deepEqual(inState(survey, 'taken'), ['images.example/new:1']);
});

/** A release of one chart with these files, and a layout with these images. */
async function writeRelease(
  files: Readonly<Record<string, string>>,
  images: readonly string[],
): Promise<string> {
  const path = await writeCase('kube-range', images);
  for (const [name, text] of Object.entries(files)) {
    const file = join(path, '../app', name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return path;
}

describe('a word in the place of an image, which a webhook replaces', () => {
  const files = {
    'templates/gateway.yaml': `apiVersion: v1
kind: Pod
metadata: {name: gateway}
spec: {containers: [{name: proxy, image: auto}, {name: own, image: 'images.example/own:1'}]}
`,
  };

  test('must be there like any image, until the release says that it is none', async () => {
    const path = await writeRelease(files, ['images.example/own:1']);
    await edit(path, 'sources:', 'sources:\n  - {prefix: docker.io, layout: images}');
    const refused = async () =>
      await assert.rejects(create(path), (error) => isSkerryError(error, 'IMAGE_NOT_FOUND'));
    await refused();
    await appendFile(path, 'accounted:\n  - {match: auto, as: left-out, note: not here}\n');
    await refused();
    await edit(path, 'as: left-out', 'as: not-an-image');
    const { survey, release } = await create(path, { strict: true });
    assert.deepEqual(inState(survey, 'not-an-image'), ['auto']);
    // On the island it is passed on as it is, and nothing else is.
    const storage = { className: undefined, size: '1Gi' };
    const store = await openLayout(await testFolder('empty'), { create: true });
    const { images } = engineComponent(release, 'app', { store, storage });
    assert.equal(images.get('auto'), 'auto');
    assert.equal(images.has('docker.io/library/auto:latest'), false);
  });

  test('is no way to leave out what is written as an image', async () => {
    const path = await writeRelease(
      { 'templates/gateway.yaml': files['templates/gateway.yaml'].replace('auto', 'images.example/auto:1') },
      ['images.example/own:1'],
    );
    await appendFile(path, 'accounted:\n  - {match: "*auto*", as: not-an-image, note: not so}\n');
    await assert.rejects(create(path), (error) => isSkerryError(error, 'IMAGE_NOT_FOUND'));
  });
});
