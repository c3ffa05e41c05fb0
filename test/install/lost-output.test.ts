import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { fillDisk, mountSmallDisk } from '../registry/small-disk.ts';

const SKERRY = join(import.meta.dirname, '../../skerry.ts');
const Serving = z.object({ message: z.literal('serving'), port: z.number() });

suite('output that nobody takes', { timeout: 60_000 }, () => {
  test('a command whose reader has heard enough ends well, and says nothing', async () => {
    const child = spawn(process.execPath, [SKERRY, 'registry', 'serve', '--help'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'exit');
    // Closed before the program has printed a word.
    child.stdout.destroy();
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    assert.deepEqual(await ended, [0, null]);
    assert.equal(said, '');
  });

  test('a command whose result a full disk does not take fails and says so', async () => {
    const full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, [SKERRY, 'completion', 'bash', '--output', 'json'], {
      stdio: ['ignore', full.fd, 'pipe'],
    });
    const ended = once(child, 'close');
    await full.close();
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    assert.deepEqual(await ended, [1, null]);
    assert.match(said, /OUTPUT_LOST/);
  });

  test('a registry whose log reader goes away serves on', async (context) => {
    await using disk = await mountSmallDisk(1024 * 1024);
    const child = spawn(
      process.execPath,
      [SKERRY, 'registry', 'serve', '--store', disk.folder, '--listen', '127.0.0.1:0'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    context.after(() => child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    const [first] = await once(child.stdout, 'data');
    const { port } = Serving.parse(JSON.parse(String(first).split('\n')[0] ?? ''));
    child.stdout.destroy();
    child.stderr.destroy();
    for (let round = 0; round < 5; round++)
      assert.equal((await fetch(`http://127.0.0.1:${port}/v2/`)).status, 200);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });

  test('a registry whose log is on a full disk serves on', async (context) => {
    await using disk = await mountSmallDisk(1024 * 1024);
    const log = await open(join(disk.folder, 'log'), 'w+');
    const child = spawn(
      process.execPath,
      [SKERRY, 'registry', 'serve', '--store', join(disk.folder, 'store'), '--listen', '127.0.0.1:0'],
      { stdio: ['ignore', log.fd, 'inherit'] },
    );
    context.after(() => child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    let port: number | undefined;
    while (port === undefined && child.exitCode === null) port = await portIn(log);
    await fillDisk(join(disk.folder, 'filler'));
    for (let round = 0; round < 50; round++)
      assert.equal((await fetch(`http://127.0.0.1:${port}/v2/`)).status, 200);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    await log.close();
  });
});

async function portIn(log: FileHandle): Promise<number | undefined> {
  const said = Buffer.alloc(4096);
  const { bytesRead } = await log.read(said, 0, said.byteLength, 0);
  const [line, more] = said.toString('utf8', 0, bytesRead).split('\n');
  return line === undefined || more === undefined ? undefined : Serving.parse(JSON.parse(line)).port;
}
