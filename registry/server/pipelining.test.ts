import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hexOf } from '../../content/digest.ts';
import { blobOf, pushBlob } from '../testing/content.ts';
import { startRegistry, type TestRegistry } from '../testing/registry.ts';

const NO_PROC = process.platform === 'linux' ? false : 'open files can be listed on Linux only';

// RFC 9112, section 9.3.2: a client may send requests without waiting for answers, which then come in order.
test('requests sent at once are answered in order', async (t) => {
  const { registry, request } = await withBlob(t, 1000);
  const client = connect(registry.port, '127.0.0.1');
  const answers = client.toArray();
  client.write(`${request()}${request('HEAD')}${request('GET', 'Connection: close\r\n')}`);
  const said = Buffer.concat(await answers).toString('latin1');
  assert.equal(said.match(/HTTP\/1\.1 200 OK/g)?.length, 3);
});

// What Node keeps for an answer that waits its turn is thrown away with the connection, without a word to who wrote it;
// and a file that nobody closes ends the process once it is collected.
test('requests that wait behind another end with their connection and leave no file open', {
  skip: NO_PROC,
}, async (t) => {
  const { registry, request, openFiles } = await withBlob(t, 20_000_000);
  const client = connect(registry.port, '127.0.0.1').on('error', () => undefined);
  const before = registry.log.length;
  client.write(`${request()}${request()}${request()}`);
  await once(client, 'data');
  client.pause();
  await until(async () => (await openFiles()) > 0);
  assert.equal(await openFiles(), 1, 'each in its turn');
  client.destroy();
  await until(async () => registry.log.length === before + 3);
  assert.ok(registry.log.slice(before).every(({ whole }) => whole === false));
  await until(async () => (await openFiles()) === 0);
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    assert.ok(tries < 1000, `waited in vain for ${holds}`);
    await sleep(10);
  }
}

async function withBlob(t: TestContext, size: number) {
  const registry: TestRegistry = await startRegistry(t, { backend: 'served' });
  const digest = await pushBlob(registry, 'team/app', blobOf('pipelined', size));
  const request = (method = 'GET', more = '') =>
    `${method} /v2/team/app/blobs/${digest} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
  const openFiles = async () => {
    const files = await readdir('/proc/self/fd');
    const paths = await Promise.all(files.map((file) => readlink(`/proc/self/fd/${file}`).catch(() => '')));
    return paths.filter((path) => path.endsWith(hexOf(digest))).length;
  };
  return { registry, request, openFiles };
}
