import { writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { writeAll } from '../../content/bytes/write-fully.ts';

export interface ReceiveOptions {
  /** Where in the file the body goes. */
  readonly position: number;
  /** At most this many bytes are taken. */
  readonly room: number;
  /** Ends the receiving before its time. */
  readonly signal: AbortSignal;
  /** Sees each piece in order, before it is written. */
  readonly onChunk: (chunk: Buffer) => void;
  /** Hears how many more bytes are in the file. When it gives a promise, the client has to wait until that settles. */
  readonly onWritten: (bytes: number) => Promise<void> | undefined;
  readonly onWaiting: (waiting: boolean) => void;
  /** Milliseconds; decides only how bytes are written, never which. */
  readonly now?: () => number;
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

/**
 * Writes a request's body to a file while it is hashed. Works on events: a promise for every 64 KiB that a socket gives
 * costs more than handling them. Everything that came is in the file when this settles.
 */
export function receiveBody(
  request: IncomingMessage,
  file: FileHandle,
  options: ReceiveOptions,
): Promise<Received> {
  return new Promise((resolve) => new Receiver(request, file, options, resolve).start());
}

/** Bytes in memory at which the client has to wait. */
const HIGH_WATER = 4 * 1024 * 1024;
/** A write of one piece that takes so long, in milliseconds, has waited for the disk … */
const SLOW_WRITE = 50;
/** … and this many bytes are then left to other threads before it is tried again. */
const QUEUED_AFTER_SLOW = 32 * 1024 * 1024;

/**
 * As long as the kernel takes bytes into its cache at once, they are written from here: handing them to another thread
 * costs about as much again as the copying. When the disk can't keep up, and such a write would stop everyone else's
 * requests, the bytes go through a queue to the thread pool and the client has to wait.
 */
class Receiver {
  readonly #request: IncomingMessage;
  readonly #file: FileHandle;
  readonly #options: ReceiveOptions;
  readonly #resolve: (received: Received) => void;
  readonly #now: () => number;
  #queue: Buffer[] = [];
  #queued = 0;
  #hashed = 0;
  #written = 0;
  #writing = false;
  #queueUntil = 0;
  #held = false;
  #end: Received['end'] | undefined;
  #error: unknown;

  constructor(
    request: IncomingMessage,
    file: FileHandle,
    options: ReceiveOptions,
    resolve: (received: Received) => void,
  ) {
    this.#request = request;
    this.#file = file;
    this.#options = options;
    this.#resolve = resolve;
    this.#now = options.now ?? (() => performance.now());
  }

  start(): void {
    const { signal } = this.#options;
    // 'error' stays heard to the end: a connection that breaks later must not end the process.
    this.#request
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('close', this.#onBreak)
      .on('error', this.#onBreak);
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.#stop('taken over');
    else if (this.#request.destroyed) this.#stop('broken');
    else this.#waitForClient(true);
  }

  #onEnd = () => this.#stop(this.#request.complete ? 'whole' : 'broken');
  #onBreak = () => this.#stop('broken');
  #onAbort = () => this.#stop('taken over');

  #onData = (chunk: Buffer) => {
    if (this.#end !== undefined) return;
    if (this.#hashed + chunk.byteLength > this.#options.room) return this.#stop('too long');
    this.#options.onChunk(chunk);
    this.#hashed += chunk.byteLength;
    if (this.#writing || this.#written < this.#queueUntil) this.#enqueue(chunk);
    else this.#writeNow(chunk);
  };

  #writeNow(chunk: Buffer): void {
    const before = this.#now();
    try {
      const { position } = this.#options;
      for (let done = 0; done < chunk.byteLength; ) {
        done += writeSync(
          this.#file.fd,
          chunk,
          done,
          chunk.byteLength - done,
          position + this.#written + done,
        );
      }
    } catch (error) {
      this.#error = error;
      this.#stop('broken');
      return;
    }
    this.#wrote(chunk.byteLength);
    setFree(chunk);
    if (this.#now() - before > SLOW_WRITE) this.#queueUntil = this.#written + QUEUED_AFTER_SLOW;
  }

  #enqueue(chunk: Buffer): void {
    this.#queue.push(chunk);
    this.#queued += chunk.byteLength;
    if (this.#queued >= HIGH_WATER) this.#waitForClient(false);
    this.#writeQueue();
  }

  #writeQueue(): void {
    if (this.#writing || this.#queued === 0) return;
    const [batch, bytes] = [this.#queue, this.#queued];
    this.#queue = [];
    this.#queued = 0;
    this.#writing = true;
    writeAll(this.#file, batch, this.#options.position + this.#written).then(
      () =>
        this.#afterWrite(() => {
          this.#wrote(bytes);
          for (const chunk of batch) setFree(chunk);
        }),
      (error: unknown) =>
        this.#afterWrite(() => {
          this.#error = error;
          this.#end ??= 'broken';
          this.#queued = 0;
        }),
    );
  }

  #afterWrite(note: () => void): void {
    this.#writing = false;
    note();
    if (this.#queued > 0) this.#writeQueue();
    else if (this.#end !== undefined) this.#settle();
    if (this.#request.isPaused()) this.#goOn();
  }

  #wrote(bytes: number): void {
    this.#written += bytes;
    const until = this.#options.onWritten(bytes);
    if (until !== undefined && !this.#held) void this.#hold(until);
  }

  async #hold(until: Promise<void>): Promise<void> {
    this.#held = true;
    if (this.#end === undefined) this.#waitForClient(false);
    await until.catch(() => {});
    this.#held = false;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#end === undefined && !this.#held && this.#queued < HIGH_WATER) this.#waitForClient(true);
  }

  #waitForClient(waiting: boolean): void {
    if (waiting) this.#request.resume();
    else this.#request.pause();
    this.#options.onWaiting(waiting);
  }

  #stop(end: Received['end']): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (!this.#writing) this.#settle();
  }

  #settle(): void {
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onBreak);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#options.onWaiting(false);
    this.#resolve({
      bytes: this.#written,
      hashed: this.#hashed,
      end: this.#end ?? 'broken',
      error: this.#error,
    });
  }
}

/**
 * Gives the memory of what is written back at once. Collecting it would take as long as writing it, and until then
 * there would be tens of megabytes of it for each client. Nothing else has these bytes: the parser copied them out.
 */
function setFree({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
