import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseManifests } from '../manifest.ts';
import { findImages } from './find-images.ts';
import { imageMapOf } from './image-map.ts';
import { formatPath, imageSlots } from './image-slots.ts';
import { rewriteImages } from './rewrite-images.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('image slots', () => {
  const podSpec = {
    initContainers: [{ name: 'i', image: 'init' }],
    containers: [{ name: 'c', image: 'main' }, { name: 'injected' }],
    ephemeralContainers: [{ name: 'e', image: 'debug' }],
    volumes: [
      { name: 'v', image: { reference: 'volume' } },
      { name: 'w', emptyDir: {} },
    ],
  };
  const kinds: [string, object, string][] = [
    ['a Pod', { spec: podSpec }, 'spec'],
    ['a Deployment', { spec: { template: { spec: podSpec } } }, 'spec.template.spec'],
    [
      'a CronJob',
      { spec: { jobTemplate: { spec: { template: { spec: podSpec } } } } },
      'spec.jobTemplate.spec.template.spec',
    ],
    ['a PodTemplate', { template: { spec: podSpec } }, 'template.spec'],
    [
      'a custom resource with a list of jobs',
      { spec: { replicatedJobs: [{ template: { spec: { template: { spec: podSpec } } } }] } },
      'spec.replicatedJobs[0].template.spec.template.spec',
    ],
  ];
  for (const [what, object, prefix] of kinds) {
    test(`every container and image volume of ${what} is found`, () => {
      const found = [...imageSlots(object)].map(({ path, reference }) => `${formatPath(path)}=${reference}`);
      assert.deepEqual(found, [
        `${prefix}.initContainers[0].image=init`,
        `${prefix}.containers[0].image=main`,
        `${prefix}.ephemeralContainers[0].image=debug`,
        `${prefix}.volumes[0].image.reference=volume`,
      ]);
    });
  }

  test('a schema that describes containers holds no images', () => {
    const schema = {
      properties: { containers: { type: 'array', items: { properties: { image: { type: 'string' } } } } },
    };
    assert.deepEqual([...imageSlots(schema)], []);
  });
});

describe('rewriting', () => {
  const map = imageMapOf({
    nginx: 'localhost:31999/docker.io/library/nginx:1',
    [`quay.io/a/b@${DIGEST}`]: 'r/b:2',
  });

  test('a reference is found however it is written', () => {
    for (const name of ['nginx', 'nginx:latest', 'docker.io/library/nginx:latest', 'library/nginx']) {
      assert.equal(map(name), 'localhost:31999/docker.io/library/nginx:1', name);
    }
    assert.equal(map(`quay.io/a/b:v1@${DIGEST}`), 'r/b:2');
    assert.equal(map('nginx:2'), undefined);
    assert.equal(map('{{ not a reference }}'), undefined);
  });

  test('images of pod specs are rewritten, and nothing else', () => {
    const pod = (image: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', annotations: { was: 'nginx' } },
      spec: { containers: [{ name: 'a', image }], args: ['nginx'] },
    });
    const before = [pod('nginx'), pod('other')];
    assert.deepEqual(rewriteImages(before, map), [
      pod('localhost:31999/docker.io/library/nginx:1'),
      pod('other'),
    ]);
    assert.deepEqual(before, [pod('nginx'), pod('other')]);
  });
});

describe('finding', () => {
  test('texts that look like references are likely images, each once', () => {
    const [deployment, config, custom] = parseManifests(
      `
apiVersion: apps/v1
kind: Deployment
metadata: {name: op, annotations: {sidecar: "quay.io/side/car:v2", link: "https://example.com/x:80/y", note: "see example.com/docs"}}
spec:
  template:
    spec:
      containers:
      - name: op
        image: quay.io/op/op:v1
        args: ["--reloader=ghcr.io/op/reloader:v0.3", "--self=quay.io/op/op:v1", "--listen=localhost:8080"]
        env: [{name: RELATED_IMAGE, value: "registry.example:5000/op/worker@${DIGEST}"}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {config.yaml: 'image: "docker.io/envoyproxy/envoy:v1.30", hub: docker.io/istio, email: a@b.example/c:1'}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: t}
spec: {image: "team/app:1.0", proxy: {registry: quay.io, repository: x/y, tag: "3"}, containers: [{name: a, image: "*"}]}
`,
      'x',
    );
    assert.ok(deployment && config && custom);
    const found = findImages([deployment, config, custom]).map(
      ({ certainty, reference, path }) => `${certainty} ${reference} ${path}`,
    );
    assert.deepEqual(found, [
      'sure quay.io/op/op:v1 spec.template.spec.containers[0].image',
      'likely quay.io/side/car:v2 metadata.annotations.sidecar',
      'likely ghcr.io/op/reloader:v0.3 spec.template.spec.containers[0].args[0]',
      `likely registry.example:5000/op/worker@${DIGEST} spec.template.spec.containers[0].env[0].value`,
      'likely docker.io/envoyproxy/envoy:v1.30 data["config.yaml"]',
      'likely team/app:1.0 spec.image',
      'likely quay.io/x/y:3 spec.proxy',
    ]);
  });

  test('a malformed image of a built-in kind shows, so that nobody finds out on the island', () => {
    const [pod] = parseManifests(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: "a b"}]}',
      'x',
    );
    assert.ok(pod);
    assert.deepEqual(findImages([pod]), [
      { reference: 'a b', certainty: 'sure', object: 'Pod a', path: 'spec.containers[0].image' },
    ]);
  });
});
