import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { isSkerryError } from '../content/error.ts';
import { testFolder } from '../content/test-folder.ts';
import { findImages } from './find-images.ts';
import { imageMapOf, parseImageMap } from './image-map.ts';
import { formatPath, imageSlots } from './image-slots.ts';
import { parseManifests } from './manifest.ts';
import { postRender } from './post-render.ts';
import { rewriteImages, rewriteManifests } from './rewrite-images.ts';

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

  test('comments, order and style of the text stay', () => {
    const text = (image: string, quoted: string, block: string) =>
      `# head\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - image:   ${image} # why\n    name: x\n` +
      `  - {name: y, image: ${quoted}}\n  initContainers:\n  - image: ${block}    name: z\n---\n# Source: other\nkind: ConfigMap\ndata: {image: nginx}\n`;
    const to = 'localhost:31999/docker.io/library/nginx:1';
    assert.equal(
      rewriteManifests(text('nginx', "'nginx'", '>-\n      nginx\n'), map),
      text(to, `"${to}"`, `"${to}"\n`),
    );
  });

  test('images behind aliases and merge keys are rewritten where they are images, and nowhere else', () => {
    const text = `apiVersion: v1
kind: Pod
metadata: {name: x, annotations: {was: &image nginx}}
spec:
  containers:
  - &base {name: a, image: *image}
  - {<<: *base, name: b}
`;
    const [before] = parseManifests(text, 'x');
    const [after] = parseManifests(rewriteManifests(text, map), 'x');
    assert.deepEqual(after, rewriteImages([before], map)[0]);
    assert.equal(after?.metadata.annotations?.was, 'nginx');
  });

  test('the key that counts is rewritten when a key stands twice', () => {
    const text =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: a, image: nginx, image: nginx}]\n';
    const [object] = parseManifests(rewriteManifests(text, map), 'x');
    assert.deepEqual(
      findImages(object === undefined ? [] : [object]).map(({ reference }) => reference),
      [map('nginx')],
    );
  });

  test('rewriting the text and rewriting the objects give the same, whatever stands around', () => {
    const image = fc.constantFrom(
      'nginx',
      'nginx:1.2',
      'quay.io/a/b:v1',
      `ghcr.io/x/y@${DIGEST}`,
      'not an image',
    );
    const noise = fc.dictionary(
      fc.string(),
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
    );
    const container = fc.record({ name: fc.string(), image, env: fc.array(noise, { maxLength: 2 }) });
    const pod = fc.record({ noise, containers: fc.array(container, { maxLength: 3 }), more: noise });
    const anyMap = (reference: string) =>
      reference.includes('1') ? undefined : `localhost:31999/new/${reference.length}:x`;
    fc.assert(
      fc.property(
        fc.array(pod, { maxLength: 3 }),
        fc.constantFrom<'PLAIN' | 'QUOTE_DOUBLE' | 'BLOCK_FOLDED'>('PLAIN', 'QUOTE_DOUBLE', 'BLOCK_FOLDED'),
        (specs, style) => {
          const objects = specs.map((spec) => ({
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'a' },
            spec,
          }));
          const options = {
            version: '1.1',
            defaultStringType: style,
            defaultKeyType: 'QUOTE_DOUBLE',
            aliasDuplicateObjects: false,
          } as const;
          const text = objects.map((object) => stringify(object, options)).join('---\n');
          assert.deepEqual(
            parseManifests(rewriteManifests(text, anyMap), 'x'),
            parseManifests(
              rewriteImages(objects, anyMap)
                .map((object) => stringify(object, options))
                .join('---\n'),
              'x',
            ),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('the filter writes what it read with other images', async () => {
    const folder = await testFolder('apply');
    const mapFile = join(folder, 'map.json');
    await writeFile(mapFile, '{"nginx": "localhost:31999/nginx:1"}');
    const output = new PassThrough();
    const input = Readable.from([Buffer.from('spec: {containers: [{ima'), Buffer.from('ge: nginx}]}\n')]);
    await postRender({ input, output, mapFile });
    await rm(folder, { recursive: true });
    assert.equal(String(output.read()), 'spec: {containers: [{image: localhost:31999/nginx:1}]}\n');
  });

  test('a map that is no map of references is refused', () => {
    for (const json of ['', '[]', '{"nginx": 1}']) {
      assert.throws(
        () => parseImageMap(json, 'map.json'),
        (error) => isSkerryError(error, 'IMAGE_MAP_INVALID'),
        json,
      );
    }
  });
});

describe('finding', () => {
  test('texts that look like references are possible images, each once', () => {
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
      'possible quay.io/side/car:v2 metadata.annotations.sidecar',
      'possible ghcr.io/op/reloader:v0.3 spec.template.spec.containers[0].args[0]',
      `possible registry.example:5000/op/worker@${DIGEST} spec.template.spec.containers[0].env[0].value`,
      'possible docker.io/envoyproxy/envoy:v1.30 data["config.yaml"]',
      'possible team/app:1.0 spec.image',
      'possible quay.io/x/y:3 spec.proxy',
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
