import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { NOW, type TestChannel, testChannel } from '../../channel/testing/channel.ts';
import { serveFolder } from '../../channel/testing/file-server.ts';
import { release } from '../../channel/testing/release.ts';
import { testSigner } from '../../channel/testing/signer.ts';
import { changeKeys } from '../../channel/vendor/channel-workshop.ts';
import { LIFETIMES } from '../../channel/vendor/lifetimes.ts';
import { hexOf } from '../../content/digest.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { programCache } from '../cluster/builds/programs.ts';

const READER = join(import.meta.dirname, 'tuf-reader');
const PYTHON_TUF = '7.0.1';
const MINUTES = 60_000;
const wanted = release('1.1.0');

/** A channel whose keys were changed twice since its first root. */
async function changedChannel(): Promise<TestChannel> {
  const channel = await testChannel(release('1.0.0'), wanted);
  for (const _ of [1, 2]) {
    const before = channel.signers.roots;
    const roots = [testSigner(), testSigner()];
    await changeKeys(channel.workshop, channel.keys(roots), NOW, LIFETIMES);
    await channel.sign(before);
    channel.signers.roots = roots;
    await channel.publish();
  }
  return channel;
}

type Reader = (url: string, root: string, folder: string, target: string) => Promise<string>;

const readers: Record<string, () => Promise<Reader>> = {
  'python-tuf': async () => {
    const folder = join(programCache(process.env), `python-tuf-${PYTHON_TUF}`);
    const python = join(folder, 'bin', 'python');
    const installed = await execa(python, ['-c', 'import tuf'], { reject: false });
    if (installed.exitCode !== 0) {
      await execa('python3', ['-m', 'venv', '--clear', folder], { timeout: 5 * MINUTES });
      const packages = [`tuf==${PYTHON_TUF}`, 'securesystemslib[crypto]==1.6.0'];
      await execa(python, ['-m', 'pip', '--quiet', 'install', ...packages], { timeout: 10 * MINUTES });
    }
    return async (...args) => (await execa(python, [join(READER, 'read.py'), ...args])).stdout;
  },
  'go-tuf': async () => {
    const program = join(await testFolder('go-tuf'), 'reader');
    await execa('go', ['build', '-o', program, '.'], { cwd: READER, timeout: 20 * MINUTES });
    return async (...args) => (await execa(program, args)).stdout;
  },
};

for (const [name, prepare] of Object.entries(readers))
  test(`a channel is read by ${name}, from its first root on, after its keys were changed`, async (context) => {
    const read = await prepare();
    const channel = await changedChannel();
    const url = await serveFolder(context, channel.workshop.published);
    const folder = await testFolder('tuf-client');
    const root = join(folder, 'first.root.json');
    await writeFile(root, await channel.read('1.root.json'));
    const state = join(folder, 'state');
    await mkdir(state);
    assert.equal(
      await read(`${url}/`, root, state, 'skerry/1.1.0'),
      `skerry/1.1.0 ${wanted.size} ${hexOf(wanted.digest)}`,
    );
    await assert.rejects(read(`${url}/`, root, state, 'skerry/9.9.9'));
  });
