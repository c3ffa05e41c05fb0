import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isSkerryError } from '../content/error.ts';
import { testFolder } from '../content/testing/folder.ts';
import { parseRelease, readRelease } from './release.ts';

const GOOD = `apiVersion: skerry.dev/v1
kind: Release
name: demo
version: 1.2.3
kubernetes: '>=1.31'
registry:
  component: registry
components:
  - name: registry
    chart: charts/registry
    namespace: skerry-system
  - name: hub
    chart: charts/hub
    namespace: skerry-system
    values: {replicas: 2}
images:
  - docker.io/library/nginx:1.27
`;

/** What is changed in the good text, where the mistake is, and what is said of it. */
const MISTAKES: [string, string, string, RegExp][] = [
  ['name: demo', 'name: Demo', '3:7', /name: .*lower-case/],
  ['name: demo', 'nam: demo', '3:1', /nam: there is no such field/],
  ['version: 1.2.3', 'version: 1.2.x', '4:10', /version: .*semantic version/],
  ['version: 1.2.3', 'version: v1.2.3', '4:10', /semantic version/],
  ["'>=1.31'", 'newest', '5:13', /kubernetes: .*range/],
  ['component: registry', 'component: nothing', '7:14', /names no component/],
  ['name: hub', 'name: registry', '12:11', /two components registry/],
  [
    'namespace: skerry-system\n  - name: hub',
    'namespace: ""\n  - name: hub',
    '11:16',
    /components\.0\.namespace/,
  ],
  ['    chart: charts/hub\n', '', '12:5', /components\.1\.chart/],
  ['replicas: 2', 'replicas: 2, timeoutSeconds: {', '16:1', /./],
  ['values: {replicas: 2}', 'values: 3', '15:13', /components\.1\.values/],
  ['values: {replicas: 2}', 'timeoutSeconds: 0', '15:21', /timeoutSeconds/],
  [
    'values: {replicas: 2}',
    'health: [{apiVersion: v1, kind: X, cel: "self.("}]',
    '15:45',
    /health\.0\.cel: .*Expected/,
  ],
  ['values: {replicas: 2}', 'health: [{apiVersion: v1, kind: X, cel: "1 + 1"}]', '15:45', /bool/],
  ['values: {replicas: 2}', 'health: [{apiVersion: v1, kind: X}]', '15:14', /either cel or ignore/],
  ['nginx:1.27', 'NGINX:1.27', '17:5', /images\.0: .*image reference/],
  ['docker.io/library/nginx:1.27', '*image', '1:1', /[Aa]lias/],
  ['kind: Release', 'kind: Release\nkind: Release', '3:1', /unique/i],
  ['kind: Release', 'kind: Release\n  x: y', '2:7', /./],
  ['kind: Release', 'kind: Release\n---\nkind: Release', '3:1', /document/],
  ['images:', 'hostTools: [{name: kubectl, version: 1.0.0}]\nimages:', '16:20', /hostTools\.0\.name/],
  ['images:', 'sources: [{prefix: a.example}]\nimages:', '16:11', /either layout or registry/],
  ['images:', 'packs: [1]\nimages:', '16:9', /packs\.0/],
];

test('a good description is read, with what was left out filled in', () => {
  const release = parseRelease(GOOD, 'release.yaml');
  assert.deepEqual(
    release.components.map(({ name, values, timeoutSeconds }) => [name, values, timeoutSeconds]),
    [
      ['registry', {}, 300],
      ['hub', { replicas: 2 }, 300],
    ],
  );
  assert.deepEqual([release.packs, release.hostTools, release.sources], [[], [], []]);
});

const CONTENT = `apiVersion: skerry.dev/v1
kind: Release
name: nodes
version: 1.34.4
kubernetes: '>=1.34 <1.35'
packs: [packs/nodes]
`;

test('a release without components is content that nothing is installed of, and not nothing', () => {
  const release = parseRelease(CONTENT, 'release.yaml');
  assert.deepEqual([release.registry, release.components, release.packs], [undefined, [], ['packs/nodes']]);
  const images = CONTENT.replace('packs: [packs/nodes]', 'images: [a.example/b:1]');
  assert.deepEqual(parseRelease(images, 'release.yaml').images, ['a.example/b:1']);
  const empty = mistake(CONTENT.replace('packs: [packs/nodes]\n', ''));
  assert.match(empty.detail ?? '', /neither components nor packs nor images/);
  const without = mistake(GOOD.replace('registry:\n  component: registry\n', ''));
  assert.match(without.detail ?? '', /registry has to name/);
  const registry = mistake(`${CONTENT}registry: {component: registry}\n`);
  assert.match(registry.detail ?? '', /names no component/);
});

test('every mistake is reported with file, line and column', () => {
  for (const [from, to, where, what] of MISTAKES) {
    assert.ok(GOOD.includes(from), from);
    const error = mistake(GOOD.replace(from, to));
    assert.equal(error.subject, `release.yaml:${where}`, `${to}: ${error.message}`);
    assert.match(error.detail ?? '', what, to);
    assert.equal(error.exit, 2);
  }
  assert.equal(mistake('').subject, 'release.yaml:1:1');
  assert.equal(mistake('[]').subject, 'release.yaml:1:1');
});

test('several mistakes are reported at once, each with its place', () => {
  const error = mistake(GOOD.replace('name: demo', 'name: Demo').replace('version: 1.2.3', 'version: x'));
  assert.equal(error.subject, 'release.yaml:3:7');
  assert.match(error.detail ?? '', /lower-case.*; release\.yaml:4:10 version: /);
});

test('a file that unfolds without end is refused', () => {
  const levels = Array.from({ length: 20 }, (_, i) => `${i === 0 ? '[1]' : `[${`*a${i - 1},`.repeat(10)}]`}`);
  const bomb = levels.map((level, i) => `x${i}: &a${i} ${level}`).join('\n');
  assert.match(mistake(`${GOOD}${bomb}\n`).detail ?? '', /alias/i);
});

test('a file is found beside its charts, or said to be missing', async () => {
  const folder = await testFolder('release-file');
  await writeFile(join(folder, 'release.yaml'), GOOD);
  const file = await readRelease(join(folder, 'release.yaml'));
  assert.equal(file.resolve('charts/hub'), join(folder, 'charts/hub'));
  for (const path of [join(folder, 'none.yaml'), folder, join(folder, 'release.yaml/inside')])
    await assert.rejects(readRelease(path), (error) => isSkerryError(error, 'RELEASE_NOT_FOUND'));
});

function mistake(text: string) {
  try {
    parseRelease(text, 'release.yaml');
  } catch (error) {
    if (isSkerryError(error, 'RELEASE_INVALID')) return error;
    throw error;
  }
  return assert.fail(`no mistake found in ${text}`);
}
