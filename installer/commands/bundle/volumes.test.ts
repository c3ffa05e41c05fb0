import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createHelm } from '../../../apply/helm/helm.ts';
import { createBundle } from '../../../bundle/create.ts';
import { imagesToCut, writeImages } from '../../../bundle/testing/cut-bundle.ts';
import { newKey } from '../../../bundle/testing/signed-bundle.ts';
import { digestOf } from '../../../content/digest.ts';
import { testFolder } from '../../../content/testing/folder.ts';
import { runCli } from '../../cli.ts';
import { makeStick } from '../../stick/make-stick.ts';

/** As large as no volume, and smaller than two. */
const TEMPLATE = Buffer.alloc(6_000_000, 'the disk of a machine ');
const NAME = 'skerry/files/node:1.34.4';
const KEY = newKey();
let keyPath: string;

before(async () => {
  keyPath = join(await testFolder('key'), 'vendor.pub');
  await writeFile(keyPath, KEY.publicKey.pem);
});

/** A stick with a release of files. */
async function stickOfFiles(volumeSize?: number): Promise<string> {
  const folder = await testFolder('files');
  await writeFile(join(folder, 'node.ova'), TEMPLATE);
  await writeFile(join(folder, 'small.iso'), 'a small disk');
  await writeFile(
    join(folder, 'release.yaml'),
    `apiVersion: skerry.dev/v1
kind: Release
name: nodes
version: 1.34.4
kubernetes: ~1.34
files:
  - {name: node, path: node.ova}
  - {name: small, path: small.iso}
`,
  );
  const stick = join(folder, 'stick');
  const bundle = await createBundle(join(folder, 'release.yaml'), stick, {
    helm: createHelm({ program: 'helm is not run', home: folder, environment: {} }),
    scratch: await testFolder('scratch'),
    key: KEY,
    hostTools: async () => [],
    volumeSize,
  });
  await makeStick({ folder: stick, bundle, key: KEY.publicKey, programs: [] });
  return stick;
}

async function skerry(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = Promise.all([text(stdout), text(stderr)]);
  const exitCode = await runCli([...args, '--output', 'json'], {
    ...{ stdout, stderr, stdin: new PassThrough() },
    env: { HOME: await testFolder('home') },
  });
  stdout.end();
  stderr.end();
  const [out, err] = await output;
  const said = (exitCode === 0 ? out : err).trim();
  return { exitCode, said: said === '' ? {} : JSON.parse(said) };
}

test('a stick in volumes names each on its sheet and in its sums, and each is checked alone', async () => {
  const stick = await stickOfFiles(4_000_000);
  const volumes = ['nodes-1.34.4.vol01.tar', 'nodes-1.34.4.vol02.tar'];
  assert.deepEqual(
    (await readdir(stick)).filter((name) => name.endsWith('.tar')),
    volumes,
  );
  const [sheet, sums] = [
    await readFile(join(stick, 'COVER.txt'), 'utf8'),
    await readFile(join(stick, 'SHA256SUMS'), 'utf8'),
  ];
  assert.match(sheet, /2 volumes, nodes-1\.34\.4\.vol01\.tar to nodes-1\.34\.4\.vol02\.tar/);
  for (const [at, name] of volumes.entries()) {
    const digest = digestOf(await readFile(join(stick, name)));
    assert.ok(sums.includes(`${digest.slice(7)}  ${name}\n`));
    assert.ok(sheet.includes(name));
    const { exitCode, said } = await skerry('bundle', 'verify', join(stick, name), '--key', keyPath);
    assert.equal(exitCode, 0);
    assert.deepEqual([said.volumes.here, said.volumes.total], [[at + 1], 2]);
  }
  const { said } = await skerry('bundle', 'verify', stick, '--key', keyPath);
  assert.deepEqual(said.volumes.here, [1, 2]);
  const other = await testFolder('other');
  await copyFile(join(stick, volumes[1] ?? ''), join(other, volumes[1] ?? ''));
  const alone = await skerry('bundle', 'verify', other, '--key', keyPath);
  assert.equal(alone.exitCode, 2);
  assert.equal(alone.said.error.code, 'VOLUME_MISSING');
  await truncate(join(other, volumes[1] ?? ''), 3000);
  const damaged = await skerry('bundle', 'verify', join(other, volumes[1] ?? ''), '--key', keyPath);
  assert.equal(damaged.exitCode, 3);
});

test('a template is listed, brought to a store and taken out again, through volumes in several places', async () => {
  const stick = await stickOfFiles(4_000_000);
  const other = await testFolder('other');
  const second = 'nodes-1.34.4.vol02.tar';
  await mkdir(join(other, 'b'));
  const shown = await skerry('bundle', 'show', stick);
  assert.deepEqual(
    shown.said.files.map(({ name, file, size }: { name: string; file: string; size: number }) => [
      name,
      file,
      size,
    ]),
    [
      ['node', 'node.ova', TEMPLATE.byteLength],
      ['small', 'small.iso', 12],
    ],
  );
  await copyFile(join(stick, second), join(other, 'b', second));
  await copyFile(join(stick, 'nodes-1.34.4.vol01.tar'), join(other, 'nodes-1.34.4.vol01.tar'));
  const first = join(other, 'nodes-1.34.4.vol01.tar');
  const layout = join(other, 'layout');
  const partly = await skerry('copy', first, layout);
  assert.notEqual(partly.exitCode, 0);
  const whole = await skerry('copy', first, layout, '--volumes', join(other, 'b'));
  assert.equal(whole.exitCode, 0);
  for (const [at, args] of [[first, '--volumes', join(other, 'b')], [layout], [stick]].entries()) {
    const [from = '', ...more] = args;
    const out = join(other, `node-${at}.ova`);
    const { exitCode, said } = await skerry('bundle', 'extract', from, NAME, '-o', out, ...more);
    assert.equal(exitCode, 0);
    assert.equal(said.digest, digestOf(TEMPLATE));
    assert.equal(digestOf(await readFile(out)), digestOf(TEMPLATE));
  }
  const missing = await skerry('bundle', 'extract', first, NAME, '-o', join(other, 'x.ova'));
  assert.equal(missing.said.error.code, 'VOLUME_MISSING');
  const release = await skerry(
    'bundle',
    'extract',
    layout,
    'skerry/releases/nodes:1.34.4',
    '-o',
    join(other, 'x'),
  );
  assert.equal(release.exitCode, 0, 'any artifact of one layer is a file');
});

test('what is no file, and a path that leads nowhere, are reported', async () => {
  const folder = await testFolder('odd');
  const stick = await stickOfFiles();
  const odd = await skerry('bundle', 'extract', stick, 'skerry/files/none:1.34.4', '-o', join(folder, 'x'));
  assert.equal(odd.said.error.code, 'CONTENT_NOT_FOUND');
  const { paths } = await writeImages(await imagesToCut(), {});
  const image = ['bundle', 'extract', paths[0] ?? '', 'registry.example/b:v1', '-o', join(folder, 'x')];
  assert.equal((await skerry(...image)).said.error.code, 'FILE_NOT_ONE');
  await writeFile(
    join(folder, 'release.yaml'),
    'apiVersion: skerry.dev/v1\nkind: Release\nname: x\nversion: 1.0.0\nkubernetes: ~1.34\nfiles: [{name: a, path: no.iso}]\n',
  );
  await assert.rejects(
    createBundle(join(folder, 'release.yaml'), folder, {
      helm: createHelm({ program: 'helm is not run', home: folder, environment: {} }),
      scratch: await testFolder('scratch'),
      key: KEY,
      hostTools: async () => [],
    }),
    { code: 'RELEASE_FILE_UNREADABLE' },
  );
});

test('split and join give back the bundle, and kill -9 in between leaves no volume that is not whole', async () => {
  const stick = await stickOfFiles();
  const [bundle] = (await readdir(stick)).filter((name) => name.endsWith('.bundle.tar'));
  const path = join(stick, bundle ?? '');
  const out = await testFolder('volumes');
  const args = ['bundle', 'split', path, '-o', out, '--volume-size', '4M'];
  const child = spawn(process.execPath, ['skerry.ts', ...args], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  for (let round = 0; round < 6000 && child.exitCode === null; round++) {
    const begun = (await readdir(out)).length > 0;
    if (begun) child.kill('SIGKILL');
    if (begun || child.killed) break;
    await setTimeout(10);
  }
  await ended;
  for (const name of (await readdir(out)).filter((each) => each.endsWith('.tar')))
    assert.equal((await skerry('bundle', 'verify', join(out, name), '--key', keyPath)).exitCode, 0, name);
  assert.equal((await skerry(...args)).exitCode, 0);
  assert.deepEqual((await readdir(out)).sort(), ['nodes-1.34.4.vol01.tar', 'nodes-1.34.4.vol02.tar']);
  for (const name of await readdir(out)) assert.ok((await stat(join(out, name))).size < 4_000_000);
  const joined = join(await testFolder('joined'), basename(path));
  assert.equal((await skerry('bundle', 'join', out, '-o', joined)).exitCode, 0);
  assert.equal(digestOf(await readFile(joined)), digestOf(await readFile(path)));
});

test('a split that was cut off in the first bytes of a volume goes on; what others left there is kept', async () => {
  const stick = await stickOfFiles();
  const out = await testFolder('volumes');
  const args = ['bundle', 'split', stick, '-o', out, '--volume-size', '4M'];
  assert.equal((await skerry(...args)).exitCode, 0);
  const names = (await readdir(out)).toSorted();
  const whole = await Promise.all(names.map(async (name) => digestOf(await readFile(join(out, name)))));
  const [first = '', second = ''] = names.map((name) => join(out, name));
  await rename(first, `${first}.partial`);
  await truncate(`${first}.partial`, 700);
  await rename(second, `${second}.partial`);
  await truncate(`${second}.partial`, 0);
  assert.equal((await skerry(...args)).exitCode, 0);
  assert.deepEqual(
    await Promise.all(names.map(async (name) => digestOf(await readFile(join(out, name))))),
    whole,
  );
  await rm(second);
  await writeFile(`${second}.partial`, 'of somebody else');
  assert.equal((await skerry(...args)).said.error?.code, 'OUTPUT_EXISTS');
  assert.equal(await readFile(`${second}.partial`, 'utf8'), 'of somebody else');
});
