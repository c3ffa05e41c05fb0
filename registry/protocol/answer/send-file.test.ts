import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sendFile } from './send-file.ts';

const LENGTH = 1_000_000;

test('a file is sent from where it is asked for', async (t) => {
  const { file, bytes } = await makeFile(t);
  const response = await served(t, async (answer, signal) => {
    answer.writeHead(200, { 'content-length': LENGTH - 10 });
    await sendFile(answer, file, { start: 10, length: LENGTH - 10 }, signal);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).equals(bytes.subarray(10)));
});

// A promise that never settles would keep the file open until it is collected, which ends the process.
test('sending ends when the connection breaks off between a read and the write of what was read', async (t) => {
  const { file } = await makeFile(t);
  const { promise: outcome, resolve } = Promise.withResolvers<unknown>();
  const response = await served(t, async (answer, signal) => {
    answer.writeHead(200, { 'content-length': LENGTH });
    answer.flushHeaders();
    const read = file.read.bind(file);
    t.mock.method(file, 'read', async (buffer: Buffer, offset: number, length: number, position: number) => {
      const done = await read(buffer, offset, length, position);
      answer.socket?.destroy();
      return done;
    });
    const sending = sendFile(answer, file, { start: 0, length: LENGTH }, signal);
    resolve(await sending.catch((error: unknown) => error));
  });
  response.on('error', () => undefined).resume();
  assert.ok((await outcome) instanceof Error);
});

async function makeFile(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-send-file-'));
  const bytes = Buffer.alloc(LENGTH, 'what is sent ');
  await writeFile(join(folder, 'file'), bytes);
  const file = await open(join(folder, 'file'));
  t.after(async () => {
    await file.close();
    await rm(folder, { recursive: true });
  });
  return { file, bytes };
}

/** Asks a server that answers as it is told; the signal is aborted when its client is gone. */
async function served(
  t: TestContext,
  answer: (response: ServerResponse, signal: AbortSignal) => Promise<void>,
): Promise<IncomingMessage> {
  const server = createServer((_, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    void answer(response, gone.signal);
  });
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [response] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response');
  return response;
}
