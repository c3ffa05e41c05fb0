import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { resetConnection } from './reset-connection.ts';

test('what a client has not taken is let go of', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const bound = server.address();
  const client = connect(typeof bound === 'object' ? (bound?.port ?? 0) : 0, '127.0.0.1').pause();
  const [socket]: [Socket] = await new Promise((resolve) =>
    server.once('connection', (one) => resolve([one])),
  );
  socket.on('error', () => {}).write(Buffer.alloc(32_000_000));
  await once(client, 'readable');
  const failed = new Promise<unknown>((resolve) => client.once('error', resolve).once('close', resolve));
  resetConnection(socket);
  client.resume();
  const error = await failed;
  assert.ok(error instanceof Error && 'code' in error && error.code === 'ECONNRESET', String(error));
});
