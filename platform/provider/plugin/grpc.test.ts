import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, createServer, type Http2Server } from 'node:http2';
import { after, before, describe, test } from 'node:test';
import { answerCall } from './grpc.ts';

describe('gRPC', () => {
  let server: Http2Server;
  let client: ClientHttp2Session;

  before(async () => {
    server = createServer();
    server.on('session', (session) =>
      session.on('stream', (stream, headers) => {
        void answerCall(stream, headers, async (path) => {
          if (path === '/echo') return (request) => request;
          if (path !== '/fails') return undefined;
          return () => {
            throw new Error('too bad');
          };
        });
      }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    client = connect(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
  });
  after(() => {
    client.close();
    server.close();
  });

  async function ask(path: string, body: Buffer) {
    const stream = client.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
    let status: unknown;
    let message: unknown;
    const take = (headers: Record<string, unknown>) => {
      status = headers['grpc-status'] ?? status;
      message = headers['grpc-message'] ?? message;
    };
    stream.on('response', take).on('trailers', take);
    stream.end(body);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return { status, message, body: Buffer.concat(chunks) };
  }

  test('answers a message with a message, and says in its trailers that all went well', async () => {
    const sent = framed('hello');
    assert.deepEqual(await ask('/echo', sent), { status: '0', message: undefined, body: sent });
    assert.deepEqual((await ask('/echo', framed(''))).body, framed(''));
  });

  test('says what went wrong', async () => {
    assert.equal((await ask('/nowhere', framed(''))).status, '12');
    assert.deepEqual(await ask('/fails', framed('')), {
      status: '13',
      message: 'too%20bad',
      body: Buffer.alloc(0),
    });
  });

  test('takes no message that is cut off, longer than it says, or compressed', async () => {
    const whole = framed('hello');
    for (const odd of [whole.subarray(0, 7), whole.subarray(0, 3), Buffer.concat([whole, whole])])
      assert.equal((await ask('/echo', odd)).status, '8');
    whole[0] = 1;
    assert.equal((await ask('/echo', whole)).status, '8');
  });
});

function framed(text: string): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([prefix, Buffer.from(text)]);
}
