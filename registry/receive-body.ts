import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';

export interface ReceiveOptions {
  /** Where in the file the body goes. */
  readonly position: number;
  /** At most this many bytes are taken. */
  readonly room: number;
  /** Ends the receiving before its time. */
  readonly signal: AbortSignal;
  /** Sees each piece in order, before it is written. */
  readonly onChunk: (chunk: Buffer) => void;
  /** Told how many more bytes are in the file. */
  readonly onWritten: (bytes: number) => void;
  readonly onWaiting: (waiting: boolean) => void;
}

export interface Received {
  /** Bytes that are in the file now. */
  readonly bytes: number;
  /** Bytes that `onChunk` has seen; more than `bytes` when the disk failed. */
  readonly hashed: number;
  readonly end: 'whole' | 'broken' | 'too long' | 'taken over';
  /** What the disk said. */
  readonly error?: unknown;
}

/** Bytes gathered for one write, and bytes in memory at which the client has to wait. */
const BATCH = 1024 * 1024;
const HIGH_WATER = 4 * BATCH;

/**
 * Writes a request's body to a file, while the next bytes come in and are hashed. Works on events: a promise for every
 * 64 KiB that a socket gives costs more than handling them. Everything that came is in the file when this settles.
 */
export function receiveBody(
  request: IncomingMessage,
  file: FileHandle,
  options: ReceiveOptions,
): Promise<Received> {
  return new Promise((resolve) => {
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    let hashed = 0;
    let written = 0;
    let writing = false;
    let end: Received['end'] | undefined;
    let error: unknown;

    const onData = (chunk: Buffer) => {
      if (end !== undefined) return;
      if (hashed + chunk.byteLength > options.room) return stop('too long');
      options.onChunk(chunk);
      hashed += chunk.byteLength;
      pending.push(chunk);
      pendingBytes += chunk.byteLength;
      if (pendingBytes >= HIGH_WATER) wait(false);
      if (pendingBytes >= BATCH) flush();
    };
    const wait = (forClient: boolean) => {
      if (forClient) request.resume();
      else request.pause();
      options.onWaiting(forClient);
    };
    const flush = () => {
      if (writing || pendingBytes === 0) return;
      const batch = pending;
      pending = [];
      pendingBytes = 0;
      writing = true;
      writeAll(file, batch, options.position + written).then(
        (bytes) => {
          written += bytes;
          options.onWritten(bytes);
          writing = false;
          next();
        },
        (cause: unknown) => {
          error = cause;
          writing = false;
          pending = [];
          pendingBytes = 0;
          end ??= 'broken';
          next();
        },
      );
    };
    const next = () => {
      if (end === undefined) {
        if (request.isPaused()) wait(true);
        if (pendingBytes >= BATCH) flush();
      } else if (pendingBytes > 0) flush();
      else settle();
    };
    const stop = (why: Received['end']) => {
      if (end !== undefined) return;
      end = why;
      flush();
      if (!writing) settle();
    };
    const onEnd = () => stop(request.complete ? 'whole' : 'broken');
    const onBreak = () => stop('broken');
    const onAbort = () => stop('taken over');
    const settle = () => {
      // 'error' stays heard: a connection that breaks later must not end the process.
      request.off('data', onData).off('end', onEnd).off('close', onBreak);
      options.onWaiting(false);
      options.signal.removeEventListener('abort', onAbort);
      resolve({ bytes: written, hashed, end: end ?? 'broken', error });
    };

    request.on('data', onData).on('end', onEnd).on('close', onBreak).on('error', onBreak);
    options.signal.addEventListener('abort', onAbort);
    if (options.signal.aborted) onAbort();
    else if (request.destroyed) onBreak();
    else wait(true);
  });
}

async function writeAll(file: FileHandle, batch: Buffer[], position: number): Promise<number> {
  const total = batch.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const { bytesWritten } = await file.writev(batch, position);
  if (bytesWritten === total) return total;
  // A disk that is nearly full takes a part; writing the rest says why.
  const rest = Buffer.concat(batch).subarray(bytesWritten);
  let done = 0;
  while (done < rest.byteLength) {
    done += (await file.write(rest, done, rest.byteLength - done, position + bytesWritten + done))
      .bytesWritten;
  }
  return total;
}
