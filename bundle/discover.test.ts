import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Helm } from '../apply/helm/helm.ts';
import { createHelm } from '../apply/helm/helm.ts';
import { testFolder } from '../content/testing/folder.ts';
import { PackSchema } from './charts/pack.ts';
import { discoverImages, mergeValues } from './discover.ts';
import { parseRelease } from './release.ts';

test('values are merged by key, everything but objects replaced, and neither side changed', () => {
  const base = { a: { b: 1, c: [1, 2] }, d: 'x', e: { f: 1 } };
  const over = { a: { c: [3] }, d: null, e: 'flat', g: { h: true } };
  const before = structuredClone([base, over]);
  assert.deepEqual(mergeValues(base, over), {
    a: { b: 1, c: [3] },
    d: null,
    e: 'flat',
    g: { h: true },
  });
  assert.deepEqual([base, over], before);
});

test('merging loses no key of the second, keeps the rest of the first, and touches no prototype', () => {
  const values = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(values, values, (base, over) => {
      const merged = mergeValues(base, over);
      assert.deepEqual(new Set(Object.keys(merged)), new Set([...Object.keys(base), ...Object.keys(over)]));
      assert.deepEqual(mergeValues(merged, {}), merged);
    }),
  );
  const hostile: Record<string, unknown> = JSON.parse(
    '{"__proto__":{"polluted":true},"constructor":{"a":1}}',
  );
  const merged = mergeValues(hostile, mergeValues({}, hostile));
  assert.equal(Object.getPrototypeOf(merged), Object.prototype);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
  assert.deepEqual(Object.keys(merged).sort(), ['__proto__', 'constructor']);
});

test('images are found in components as they will be installed, in packs with each preset, and where they are named', async () => {
  const asked: unknown[] = [];
  const helm: Helm = {
    ...createHelm({ program: 'helm is not run', home: '/nowhere', environment: {} }),
    template: async ({ name, values }) => {
      asked.push([name, values]);
      return pod(`registry.example/${name}:${JSON.stringify(values?.size ?? 1)}`);
    },
  };
  const release = parseRelease(
    `apiVersion: skerry.dev/v1
kind: Release
name: demo
version: 1.2.3
kubernetes: '1.31.x'
registry: {component: hub}
components: [{name: hub, chart: x, namespace: x, values: {size: 2}}]
images: [registry.example/named:v1]
`,
    'release.yaml',
  );
  const pack = PackSchema.parse({
    apiVersion: 'skerry.dev/v1',
    kind: 'Pack',
    name: 'podinfo',
    version: '1.0.0',
    layer: 'addon',
    chart: 'chart',
    presets: [{ name: 'large', values: { size: 9 } }],
  });
  const { discoveries: found } = await discoverImages(
    helm,
    { release, path: 'release.yaml', resolve: (path) => path },
    [{ pack, folder: '.', chart: 'chart', values: { size: 4, other: true } }],
    { scratch: await testFolder('scratch') },
  );
  assert.deepEqual(
    found.map(({ reference, component, pack }) => [reference, component ?? pack]),
    [
      ['registry.example/named:v1', undefined],
      ['registry.example/hub:2', 'hub'],
      ['registry.example/podinfo:4', 'podinfo'],
      ['registry.example/podinfo:9', 'podinfo'],
    ],
  );
  assert.match(found[3]?.where ?? '', /^pack podinfo, preset large: Pod /);
  assert.deepEqual(asked[2], ['podinfo', { size: 9, other: true }]);
});

function pod(image: string): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: x}
spec: {containers: [{name: x, image: ${JSON.stringify(image)}}]}
`;
}
