import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { messageOf } from '../../../content/error.ts';

/** Answers one call: the message that was sent to the message of the answer, both as they are on the wire. */
export type Call = (request: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Calls by their paths: `/tfplugin6.Provider/GetProviderSchema`. */
export type Calls = (path: string) => Promise<Call | undefined>;

/** What a client sends may be large: a plan of many packs with their values. */
const MAX_BYTES = 64 * 1024 * 1024;
const PREFIX_BYTES = 5;
/** Status codes of gRPC. */
const [OK, EXHAUSTED, UNIMPLEMENTED, INTERNAL] = [0, 8, 12, 13];

/**
 * Answers one stream as gRPC over HTTP/2 has it (grpc.io, PROTOCOL-HTTP2): one message for one message, uncompressed. No
 * more of gRPC is needed here, and a library for all of it costs each start of a provider more than the rest.
 */
export async function answerCall(
  stream: ServerHttp2Stream,
  { ':path': path = '' }: IncomingHttpHeaders,
  calls: Calls,
): Promise<void> {
  stream.on('error', () => undefined);
  try {
    const call = await calls(path);
    if (call === undefined) return fail(stream, UNIMPLEMENTED, path);
    const request = await readMessage(stream);
    if (request === undefined) return fail(stream, EXHAUSTED, `no message of at most ${MAX_BYTES} bytes`);
    const answer = await call(request);
    beginAnswer(stream);
    stream.end(framed(answer));
  } catch (error) {
    fail(stream, INTERNAL, messageOf(error));
  }
}

/** Begins an answer whose status comes when the stream is ended. */
export function beginAnswer(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(OK) }));
}

function fail(stream: ServerHttp2Stream, status: number, message: string): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': String(status),
      'grpc-message': encodeURIComponent(message),
    },
    { endStream: true },
  );
}

async function readMessage(stream: ServerHttp2Stream): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.byteLength;
    if (size > MAX_BYTES + PREFIX_BYTES) return undefined;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  // A first byte of 1 says that the message is compressed, which the answers here never offer.
  if (body.byteLength < PREFIX_BYTES || body[0] !== 0) return undefined;
  const message = body.subarray(PREFIX_BYTES);
  return message.byteLength === body.readUInt32BE(1) ? message : undefined;
}

function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([prefix, message]);
}
