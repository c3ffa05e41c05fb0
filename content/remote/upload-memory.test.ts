import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHUNK_BYTES, filled, takeChunk } from '../bytes/chunk-memory.ts';
import { readSpan } from '../bytes/read-span.ts';
import { type Digest, digestOf } from '../digest.ts';
import { mapLimited } from '../limit.ts';
import { testCertificate } from '../testing/certificate.ts';
import { QUICK } from '../testing/script.ts';
import { openRemote } from './store.ts';

/** More than the system holds on the way, so that senders have to wait. */
const SIZE = 32 * CHUNK_BYTES + 77;
const PIECE_BYTES = 10_000;

for (const scheme of ['http', 'https'] as const) {
  test(`memory is not used again before a slow registry has taken it over ${scheme}`, async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'skerry-upload-'));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const paths = await mapLimited(Array.from({ length: 4 }).keys(), 1, async (index) => {
      const path = join(folder, String(index));
      await writeFile(path, randomBytes(SIZE));
      return path;
    });
    const { origin, ca, received } = await slowRegistry(context, scheme);
    const remote = openRemote(origin, { retry: QUICK, ca });
    const sent = await mapLimited(paths, 4, async (path) => {
      const file = await open(path);
      try {
        const digest = await digestOfFile(path);
        const descriptor = { mediaType: 'application/octet-stream', digest, size: SIZE };
        await remote.writeBlob('app', descriptor, async (offset) => readSpan(file, offset, SIZE));
        return digest;
      } finally {
        await file.close();
      }
    });
    await remote.close();
    assert.deepEqual(received.toSorted(), sent.toSorted());
  });
}

test('memory that is sent in small pieces is not used again while the socket still holds some of them', async (context) => {
  const { origin, received } = await slowRegistry(context, 'http');
  const remote = openRemote(origin, { retry: QUICK });
  const read = randomBytes(SIZE);
  const digest = digestOf(read);
  const descriptor = { mediaType: 'application/octet-stream', digest, size: SIZE };
  await remote.writeBlob('app', descriptor, async () => inSmallPieces(read));
  await remote.close();
  assert.deepEqual(received, [digest]);
});

/** As a body comes that a registry sends in small chunks: many pieces of one read. Others read meanwhile. */
async function* inSmallPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
    const chunk = takeChunk();
    const length = bytes.copy(chunk, 0, at);
    const lent = filled(chunk, length);
    for (let piece = 0; piece < length; piece += PIECE_BYTES) {
      takeChunk().fill(0);
      yield lent.subarray(piece, piece + PIECE_BYTES);
    }
  }
}

/** Takes uploads a little at a time, and notes the digest of what came. */
async function slowRegistry(context: TestContext, scheme: 'http' | 'https') {
  const received: Digest[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const location = '/v2/app/blobs/uploads/one';
    if (request.method === 'POST') return response.writeHead(202, { location }).end();
    if (request.method === 'PUT') return response.writeHead(201).end();
    return takeSlowly(request).then((digest) => {
      received.push(digest);
      response.writeHead(202, { location }).end();
    });
  };
  const tls = scheme === 'https' ? await testCertificate() : undefined;
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { origin: `${scheme}://127.0.0.1:${address.port}`, ca: tls?.cert, received };
}

async function takeSlowly(request: IncomingMessage): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of request) {
    hash.update(chunk);
    await sleep(1);
  }
  return `sha256:${hash.digest('hex')}`;
}

async function digestOfFile(path: string): Promise<Digest> {
  const file = await open(path);
  try {
    return digestOf(await file.readFile());
  } finally {
    await file.close();
  }
}
