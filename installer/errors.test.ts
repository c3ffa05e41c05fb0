import assert from 'node:assert/strict';
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { applyError } from '../apply/errors.ts';
import { isSkerryError } from '../content/error.ts';
import { MemoryStore } from '../content/stores/memory.ts';
import { openSeed } from './address/seed.ts';
import { runCli } from './cli.ts';
import { installerError } from './errors.ts';
import { findStick } from './stick/stick.ts';
import { reportError } from './terminal/console.ts';
import { scriptedSite } from './testing/scripted-site.ts';

const code = (expected: string) => (error: unknown) => isSkerryError(error, expected);

test('every code of the installer and of the room of clusters is named in a test', async () => {
  const root = join(import.meta.dirname, '..');
  const texts: string[] = [];
  for await (const path of glob('{apply,bundle,installer,test}/**/*.test.ts', { cwd: root }))
    texts.push(await readFile(join(root, path), 'utf8'));
  const all = texts.join('\n');
  const untested = Object.keys({ ...installerError.table, ...applyError.table }).filter(
    (name) => !new RegExp(`\\b${name}\\b`).test(all),
  );
  assert.deepEqual(untested, []);
});

test('a folder with several bundles is ambiguous', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-stick-'));
  try {
    for (const name of ['a', 'b']) await writeFile(join(folder, `${name}.bundle.tar`), '');
    await assert.rejects(findStick(folder), code('STICK_AMBIGUOUS'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a registry that does not hold the release is no seed, and neither is what is no address', async () => {
  const server = createServer((_, response) => response.writeHead(404).end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (const registry of [`127.0.0.1:${port}`, 'no address'])
      await assert.rejects(openSeed({ ...SEED, registry }), code('REGISTRY_HOLDS_OTHER'));
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a workstation that only has loopback addresses says that it needs another', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    const alone = { ...SEED, server: `http://127.0.0.1:${port}`, interfaces: () => ({}) };
    await assert.rejects(openSeed(alone), code('WORKSTATION_ADDRESS_UNKNOWN'));
  } finally {
    server.close();
  }
});

test('nothing is uninstalled that nobody has confirmed', async () => {
  const site = await scriptedSite();
  try {
    const labels = { 'skerry.dev/installation': 'x' };
    site.server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-system', labels } });
    const before = site.server.names();
    const kubeconfig = join(site.context.scratch, 'kubeconfig');
    await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(site.server.url)));
    const args = ['uninstall', '--kubeconfig', kubeconfig, '--helm', process.execPath];
    const { exitCode, err } = await said(...args, '--output', 'json');
    assert.deepEqual([exitCode, JSON.parse(err).error.code], [2, 'NOT_CONFIRMED']);
    assert.deepEqual(site.server.names(), before);
    const yes = await said(...args, '--yes');
    assert.equal(yes.exitCode, 0, yes.err);
    assert.ok(!site.server.names().includes('Namespace skerry-system'));
  } finally {
    await site.close();
  }
});

test('what nobody thought of has a code, too', async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const exit = reportError({ stdout, stderr, stdin: new PassThrough(), env: {} }, 'json', new Error('oh'));
  stderr.end();
  const { error } = JSON.parse(await text(stderr));
  assert.deepEqual([exit, error.code, error.detail], [1, 'INTERNAL', 'oh']);
});

const SEED = {
  store: new MemoryStore(),
  release: { repository: 'skerry/releases/demo', tag: '1', digest: `sha256:${'a'.repeat(64)}` },
  server: 'http://127.0.0.1:1',
  log: () => {},
  signal: AbortSignal.timeout(30_000),
} as const;

function kubeconfigOf(server: string) {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
}

async function said(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = Promise.all([text(stdout), text(stderr)]);
  const exitCode = await runCli(args, { stdout, stderr, stdin: new PassThrough(), env: {} });
  stdout.end();
  stderr.end();
  const [out, err] = await output;
  return { exitCode, out, err };
}
