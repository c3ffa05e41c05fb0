import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { parseRelease } from '../release.ts';
import { readPack } from './pack.ts';
import { findPacks, readPacks } from './pack-artifact.ts';

const GOOD = `apiVersion: skerry.dev/v1
kind: Pack
name: podinfo
version: 6.7.0
layer: addon
chart: chart
presets:
  - name: large
    values: {replicas: 3}
dependencies:
  - pack: coredns
    range: '>=1.11'
`;
const MISTAKES: [string, string, string][] = [
  ['layer: addon', 'layer: cake', '5:8'],
  ['name: podinfo', 'name: Pod_Info', '3:7'],
  ['version: 6.7.0', 'version: "6"', '4:10'],
  ['chart: chart', 'chart: ""', '6:8'],
  ['chart: chart', 'charts: chart', '6:1'],
  ["range: '>=1.11'", 'range: newest', '12:12'],
  ['values: {replicas: 3}', 'value: {replicas: 3}', '9:5'],
];
let folder = '';

beforeEach(async () => {
  folder = await testFolder('pack');
  await mkdir(join(folder, 'chart'));
});

test('a pack is read, and each mistake told with file, line and column', async () => {
  await write('pack.yaml', GOOD);
  const pack = await readPack(folder);
  assert.deepEqual([pack.name, pack.presets.length, pack.description], ['podinfo', 1, '']);
  for (const [from, to, where] of MISTAKES) {
    await write('pack.yaml', GOOD.replace(from, to));
    await assert.rejects(readPack(folder), invalid(`${join(folder, 'pack.yaml')}:${where}`), to);
  }
});

test('a second mistake has a place of its own', async () => {
  await write('pack.yaml', GOOD.replace('layer: addon', 'layer: cake').replace('pack: coredns', 'pack: 7'));
  await assert.rejects(
    readPack(folder),
    (error) => isSkerryError(error, 'PACK_INVALID') && /; .*pack\.yaml:11:11 /.test(error.detail ?? ''),
  );
});

test('what a pack names must be there; a chart’s own values and schema need not', async () => {
  const chart = join(folder, 'chart');
  const find = async (values?: string) => {
    const files = new Map(values === undefined ? [] : [['values.yaml', Buffer.from(values)]]);
    return await findPacks(await readPacks(releaseFile()), new Map([[chart, { path: chart, files }]]));
  };
  await assert.rejects(find(), invalid(join(folder, 'pack.yaml')));
  await write('pack.yaml', GOOD);
  assert.deepEqual((await find())[0]?.values, {});
  assert.deepEqual((await find('replicas: 1\n'))[0]?.values, { replicas: 1 });
  await assert.rejects(find('[1, 2]'), invalid(`${chart}/values.yaml`));
  assert.deepEqual((await find(''))[0]?.values, {});
  await write('pack.yaml', `${GOOD}values: own.yaml\n`);
  await assert.rejects(find(), invalid(join(folder, 'own.yaml')));
  await write('own.yaml', 'replicas: 2');
  assert.deepEqual((await find('replicas: 1'))[0]?.values, { replicas: 2 });
});

function releaseFile() {
  const text = `apiVersion: skerry.dev/v1
kind: Release
name: demo
version: 1.2.3
kubernetes: '>=1.31'
registry: {component: registry}
components: [{name: registry, chart: x, namespace: x}]
packs: [${JSON.stringify(folder)}]
`;
  return {
    release: parseRelease(text, 'release.yaml'),
    path: 'release.yaml',
    resolve: (path: string) => path,
  };
}

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
}

function invalid(subject: string) {
  return (error: unknown) => isSkerryError(error, 'PACK_INVALID') && error.subject === subject;
}
