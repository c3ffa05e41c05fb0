import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, suite, test } from 'node:test';
import { z } from 'zod';
import { testAuthority } from '../../registry/testing/authority.ts';
import { PROJECT } from '../install/product.ts';
import { type RegistryProcess, serveRegistryOf } from './process.ts';
import { type Ended, failureOf, must, run } from './skerry-process.ts';

/** The program as it is in the sources. */
const SKERRY = [process.execPath, join(PROJECT, 'skerry.ts')] as const;
const [NODE, PROGRAM] = SKERRY;
const Line = z.looseObject({ time: z.string(), level: z.string() });

let folder: string;
let names = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skerry-serve-'));
  await chmod(folder, 0o755);
});
after(async () => await rm(folder, { recursive: true, force: true }));

function newPath(): string {
  return join(folder, `${++names}`);
}

async function newFile(text = ''): Promise<string> {
  const path = newPath();
  await writeFile(path, text);
  return path;
}

/** Runs a command that can't go well to its end. */
async function registry(...args: string[]): Promise<Ended> {
  return await run(NODE, [PROGRAM, 'registry', ...args, '--output', 'json']);
}

/** What `serve` says when it does not start; never a crash, nor the word for what was not expected. */
async function refusal(...args: string[]) {
  const ended = await registry('serve', '--listen', '127.0.0.1:0', ...args);
  assert.doesNotMatch(ended.stderr, /garbage collection|\bat .*\.ts:/);
  const { code, subject } = failureOf(ended);
  assert.equal(ended.exitCode, 2, ended.stderr);
  return [code, subject];
}

function lineOf({ log }: RegistryProcess, isIt: (line: z.infer<typeof Line>) => boolean) {
  return log.map((line) => Line.parse(line)).find(isIt);
}

function serving(registry: RegistryProcess) {
  const { level, access, anonymousPull, readOnly, tls } = Line.parse(
    lineOf(registry, ({ message }) => message === 'serving'),
  );
  return { level, access, anonymousPull, readOnly, tls };
}

async function push({ host }: RegistryProcess): Promise<number> {
  return (await fetch(`http://${host}/v2/app/blobs/uploads/`, { method: 'POST' })).status;
}

async function lineFrom(lines: AsyncIterator<string>): Promise<string> {
  const { done, value } = await lines.next();
  assert.ok(!done, 'the registry ended early');
  return value;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function addUser(store: string): Promise<void> {
  await must(NODE, [PROGRAM, 'registry', 'user', 'add', 'ada', '--store', store], { input: 'word\n' });
}

suite('skerry registry serve', () => {
  test('says to whom it is open, and when it has stopped', async () => {
    const store = newPath();
    const open = await serveRegistryOf(SKERRY, ['--store', store]);
    const plain = { anonymousPull: true, readOnly: false, tls: false };
    assert.deepEqual(serving(open), { level: 'info', access: 'open', ...plain });
    await open[Symbol.asyncDispose]();
    assert.equal(Line.parse(open.log.at(-1)).message, 'stopped');
    await using exposed = await serveRegistryOf(SKERRY, ['--store', newPath()], { address: '0.0.0.0' });
    assert.deepEqual(serving(exposed), { level: 'warn', access: 'open', ...plain });
    await using quiet = await serveRegistryOf(SKERRY, ['--store', newPath(), '--read-only'], {
      address: '0.0.0.0',
    });
    assert.deepEqual(serving(quiet), { level: 'info', access: 'open', ...plain, readOnly: true });
    await addUser(store);
    await using closed = await serveRegistryOf(SKERRY, ['--store', store]);
    assert.deepEqual(serving(closed), {
      level: 'info',
      access: 'users',
      anonymousPull: false,
      readOnly: false,
      tls: false,
    });
  });

  test('is not cut short by being told to stop twice', async () => {
    const child = spawn(
      NODE,
      [PROGRAM, 'registry', 'serve', '--store', newPath(), '--listen', '127.0.0.1:0'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = once(child, 'close');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async () =>
      z.looseObject({ port: z.number().optional() }).parse(JSON.parse(await lineFrom(lines)));
    const { port } = await next();
    assert.ok(port !== undefined);
    // A request that does not end keeps the registry busy with its own end for a while.
    const held = connect(port, '127.0.0.1').on('error', () => {});
    held.write(
      'POST /v2/app/blobs/uploads/ HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n',
    );
    await once(held, 'data');
    child.kill('SIGTERM');
    while (await isListening(port));
    child.kill('SIGTERM');
    let last: unknown;
    for await (const line of { [Symbol.asyncIterator]: () => lines }) last = JSON.parse(line);
    // Its last line says that all was closed; where the second signal came after that, it may show in how it ended.
    assert.equal(Line.parse(last).message, 'stopped');
    const [code, signal] = await ended;
    assert.ok(code === 0 || signal === 'SIGTERM', `${code} ${signal}`);
  });

  test('a registry that had users does not open again when their file is gone, and says what to do', async () => {
    const store = newPath();
    await addUser(store);
    await during(await serveRegistryOf(SKERRY, ['--store', store]), async (before) => {
      assert.equal(await push(before), 401);
    });
    await rm(join(store, 'users'));
    await during(await serveRegistryOf(SKERRY, ['--store', store]), async (closed) => {
      assert.equal(await push(closed), 401);
      const { level, access } = serving(closed);
      assert.deepEqual([level, access], ['warn', 'nobody']);
      const missing = lineOf(closed, ({ event }) => event === 'users-missing');
      assert.equal(missing?.level, 'error');
      assert.ok(JSON.stringify(missing).includes(join(store, 'closed')));
    });
    await rm(join(store, 'closed'));
    await during(await serveRegistryOf(SKERRY, ['--store', store]), async (open) => {
      assert.equal(await push(open), 202);
    });
  });

  test('a users file of another place closes the folder too', async () => {
    const [store, users] = [newPath(), await newFile('ada:!\n')];
    await during(await serveRegistryOf(SKERRY, ['--store', store, '--users', users]), async (closed) => {
      assert.equal(await push(closed), 401);
    });
    await during(await serveRegistryOf(SKERRY, ['--store', store]), async (closed) => {
      assert.equal(await push(closed), 401);
    });
  });

  test('what is named wrongly has a code, and names what it is about', async () => {
    const [none, file, directory] = [newPath(), await newFile(), newPath()];
    await mkdir(directory);
    const { cert, key } = await (await testAuthority()).issue('localhost');
    const [tlsCert, tlsKey] = [await newFile(cert), await newFile(key)];
    const store = ['--store', newPath()];
    assert.deepEqual(await refusal('--store', file), ['REGISTRY_STORE_UNUSABLE', file]);
    assert.deepEqual(await refusal(...store, '--users', directory), ['REGISTRY_USERS_UNUSABLE', directory]);
    assert.deepEqual(await refusal(...store, '--audit', directory), ['REGISTRY_AUDIT_UNUSABLE', directory]);
    for (const bad of [none, directory]) {
      const invalid = ['REGISTRY_TLS_INVALID', bad];
      assert.deepEqual(await refusal(...store, '--tls-cert', bad, '--tls-key', tlsKey), invalid);
      assert.deepEqual(await refusal(...store, '--tls-cert', tlsCert, '--tls-key', bad), invalid);
      const pair = ['--tls-cert', tlsCert, '--tls-key', tlsKey];
      assert.deepEqual(await refusal(...store, ...pair, '--client-ca', bad), invalid);
    }
    const [code] = await refusal(...store, '--tls-cert', file, '--tls-key', file);
    assert.equal(code, 'REGISTRY_TLS_INVALID');
  });

  test('what would do nothing where it stands is refused', async () => {
    const store = ['--store', newPath()];
    const bundle = ['--bundle', newPath()];
    for (const args of [
      ['--store', ''],
      [...store, '--client-cert-users'],
      [...store, '--audit', newPath(), '--no-audit'],
      [...store, '--no-audit', '--audit', newPath()],
      [...bundle, '--gc-every', '24h'],
      [...bundle, '--scrub-every', '30d'],
      [...bundle, '--scrub-rate', '1MB/s'],
      [...bundle, '--keep-free', '1Gi'],
      [...bundle, '--require-blobs'],
    ])
      assert.equal((await refusal(...args))[0], 'USAGE', args.join(' '));
    assert.equal((await refusal(...bundle))[0], 'BUNDLE_NOT_FOUND');
  });
});

const notRoot = process.getuid?.() === 0 ? false : 'only root can give its rights away';

suite('somebody without rights', { skip: notRoot }, () => {
  test('is reported which file or folder it is about', async () => {
    const [store, secret, full] = [newPath(), await newFile('ada:!\n'), newPath()];
    await during(await serveRegistryOf(SKERRY, ['--store', store]), async () => {});
    await addUser(store);
    await mkdir(full);
    for (const path of [store, secret]) await chmod(path, 0);
    await chmod(full, 0o555);
    const mine = ['--store', newPath(), '--listen', '127.0.0.1:0'];
    assert.deepEqual(await said('serve', '--store', store), ['REGISTRY_STORE_UNUSABLE', store]);
    assert.deepEqual(await said('serve', '--store', full), ['REGISTRY_STORE_UNUSABLE', full]);
    assert.deepEqual(await said('serve', ...mine, '--users', secret), ['REGISTRY_USERS_UNUSABLE', secret]);
    assert.deepEqual(await said('serve', '--bundle', secret), ['BUNDLE_UNREADABLE', secret]);
    const pair = ['--tls-cert', secret, '--tls-key', secret];
    assert.deepEqual(await said('serve', ...mine, ...pair), ['REGISTRY_TLS_INVALID', secret]);
    for (const command of ['check', 'gc', 'usage'])
      assert.deepEqual(await said(command, '--store', store), ['REGISTRY_STORE_UNUSABLE', store], command);
    const users = join(store, 'users');
    assert.deepEqual(await said('user', 'list', '--store', store), ['REGISTRY_USERS_UNUSABLE', users]);
    const none = join(full, 'store');
    const added = await said('user', 'add', 'eve', '--no-password', '--store', none);
    assert.deepEqual(added, ['REGISTRY_STORE_UNUSABLE', none]);
  });

  test('is told so too where a registry has the folder open', async () => {
    const store = newPath();
    await using _registry = await serveRegistryOf(SKERRY, ['--store', store]);
    await chmod(join(store, 'control.sock'), 0);
    assert.deepEqual(await said('usage', '--store', store), ['REGISTRY_STORE_UNUSABLE', store]);
  });
});

/** Root as any other user: what the rights of a file say counts for it. */
async function said(...args: string[]) {
  const drop = ['--bounding-set=-all', '--inh-caps=-all'];
  const ended = await run('setpriv', [...drop, NODE, PROGRAM, 'registry', ...args, '--output', 'json']);
  assert.doesNotMatch(ended.stderr, /garbage collection/);
  const { code, subject } = failureOf(ended);
  return [code, subject];
}

async function during(registry: RegistryProcess, act: (registry: RegistryProcess) => Promise<void>) {
  try {
    await act(registry);
  } finally {
    await registry[Symbol.asyncDispose]();
  }
}
