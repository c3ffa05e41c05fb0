import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { blobOf, openUpload } from '../testing/content.ts';
import { startRegistry } from '../testing/registry.ts';
import { UploadFolder } from './upload-folder.ts';

test('an upload that was found anew is one for all who ask', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-uploads-'));
  t.after(async () => await rm(folder, { recursive: true }));
  const before = await UploadFolder.open(folder);
  const { id } = await before.begin('team/app');
  await before.close();
  const uploads = await UploadFolder.open(folder);
  t.after(async () => await uploads.close());
  const found = uploads.find('team/app', id);
  assert.ok(found !== undefined);
  assert.equal(uploads.find('team/app', id), found);
  assert.equal(uploads.find('team/other', id), undefined);
});

test('an upload on which a request is waiting stays the one for all who ask', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-uploads-'));
  t.after(async () => await rm(folder, { recursive: true }));
  const uploads = await UploadFolder.open(folder);
  t.after(async () => await uploads.close());
  const upload = await uploads.begin('team/app');
  const waiting = Promise.withResolvers<void>();
  const turns = [upload.inTurn(async () => await waiting.promise), upload.inTurn(async () => {})];
  for (let n = 0; n < 4200; n++) await uploads.begin('team/app');
  assert.equal(uploads.find('team/app', upload.id), upload);
  waiting.resolve();
  await Promise.all(turns);
});

test('after a restart, one request can not write into what another has had hashed', async (t) => {
  const registry = await startRegistry(t, { backend: 'served' });
  const location = await openUpload(registry, 'team/app');
  await registry.restart();
  const blob = blobOf('right', 1000);
  const [writer, closer] = await Promise.all([open(registry.port), open(registry.port)]);
  const head = (method: string, target: string) =>
    `${method} ${target} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n`;
  // Both have found the upload before either has its turn.
  writer.write(head('PATCH', location));
  closer.write(head('PUT', `${location}?digest=${blob.digest}`));
  closer.write(blob.bytes);
  await Promise.race([once(closer, 'data'), once(writer, 'data')]);
  writer.write(Buffer.alloc(1000, 'wrong'));
  await once(writer, 'close');
  const { status, body } = await registry.send('GET', `/v2/team/app/blobs/${blob.digest}`);
  assert.ok(status === 404 || blob.bytes.equals(body), `${status}`);
});

async function open(port: number) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setTimeout(3000, () => socket.destroy());
  return socket.resume();
}
