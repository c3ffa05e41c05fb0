import { connect, type Socket } from 'node:net';
import { benchError } from '../errors.ts';

export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Pieces of a body whose length is reported beforehand, or that goes in chunks. */
  readonly body?: Body | undefined;
  /** Keep the answer's body; it is counted and dropped otherwise. */
  readonly keep?: boolean | undefined;
}

export interface Body {
  readonly pieces: Iterable<Uint8Array>;
  /** Bytes; sent in chunks (RFC 9112, section 7.1) when absent. */
  readonly length?: number | undefined;
}

export interface WireAnswer {
  readonly status: number;
  /** Bytes of the body. */
  readonly size: number;
  readonly body: Buffer;
  header(name: string): string | undefined;
}

const READ_BYTES = 1024 * 1024;
/** No answer takes so long unless something hangs. Milliseconds. */
const TIMEOUT_MS = 300_000;

/**
 * One connection that is kept, with one request at a time, and just as much of HTTP/1.1 as registries answer with. A
 * real client would spend more on each answer than a server does, and hide what is measured; it reads into one buffer
 * that is used over and over.
 */
export class Wire {
  readonly #socket: Socket;
  readonly #host: string;
  #waiting: Waiting | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
  }

  /** `address` is HOST:PORT. */
  static async open(address: string, signal: AbortSignal): Promise<Wire> {
    const [host = '', port = ''] = address.split(':');
    let wire: Wire | undefined;
    const onread = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (count: number, buffer: Uint8Array) => {
        if (wire !== undefined) wire.#take(Buffer.from(buffer.buffer, buffer.byteOffset, count));
        return true;
      },
    };
    const socket = connect({ host, port: Number(port), noDelay: true, onread, signal });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const opened = new Wire(socket, address);
    socket.removeAllListeners('error').on('error', (error) => opened.#fail(error.message));
    socket.on('close', () => opened.#fail('the connection was closed'));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    wire = opened;
    return opened;
  }

  /** Sends a request and gives its answer. Throws BENCH_RUN_FAILED when the status is not the one `expected`. */
  async ask(request: WireRequest, expected: number): Promise<WireAnswer> {
    const answer = await this.send(request);
    if (answer.status === expected) return answer;
    throw benchError('BENCH_RUN_FAILED', {
      subject: `${request.method} ${this.#host}${request.target}`,
      detail: `answered ${answer.status}, not ${expected}: ${answer.body.toString('utf8', 0, 500)}`,
    });
  }

  async send(request: WireRequest): Promise<WireAnswer> {
    const answer = new Promise<WireAnswer>((resolve, reject) => {
      this.#waiting = { resolve, reject, reader: new AnswerReader(request.method, request.keep ?? false) };
    });
    // Awaited below; a failure while the body is still going out must not count as unhandled.
    answer.catch(() => {});
    this.#socket.write(headOf(request, this.#host), 'latin1');
    if (request.body !== undefined) await this.#sendBody(request.body);
    return await answer;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  async #sendBody({ pieces, length }: Body): Promise<void> {
    for (const piece of pieces) {
      if (length === undefined) this.#socket.write(`${piece.byteLength.toString(16)}\r\n`);
      this.#socket.write(piece);
      if (length === undefined) this.#socket.write('\r\n');
      if (this.#socket.writableNeedDrain) await this.#drained();
    }
    if (length === undefined) this.#socket.write('0\r\n\r\n');
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  #take(bytes: Buffer): void {
    const waiting = this.#waiting;
    const answer = waiting?.reader.take(bytes);
    if (answer === undefined) return;
    this.#waiting = undefined;
    waiting?.resolve(answer);
  }

  #fail(detail: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(benchError('BENCH_RUN_FAILED', { subject: this.#host, detail }));
  }
}

interface Waiting {
  readonly resolve: (answer: WireAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly reader: AnswerReader;
}

function headOf({ method, target, headers = {}, body }: WireRequest, host: string): string {
  let head = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`;
  if (body?.length !== undefined) head += `content-length: ${body.length}\r\n`;
  else if (body !== undefined) head += 'transfer-encoding: chunked\r\n';
  else if (method === 'POST') head += 'content-length: 0\r\n';
  return `${head}\r\n`;
}

const CHUNKED = /^transfer-encoding: chunked/im;
const LENGTH = /^content-length: (\d+)/im;

/** Takes an answer apart as its bytes come in. */
class AnswerReader {
  readonly #bodiless: boolean;
  readonly #keep: boolean;
  readonly #kept: Buffer[] = [];
  #head = '';
  #status = 0;
  #size = 0;
  /** Bytes of the body, or of the chunk under way, that are still to come; undefined while a line is read. */
  #left: number | undefined;
  #chunked = false;
  #line = '';
  #last = false;

  constructor(method: string, keep: boolean) {
    this.#bodiless = method === 'HEAD';
    this.#keep = keep;
  }

  /** The answer once it is whole. */
  take(bytes: Buffer): WireAnswer | undefined {
    const rest = this.#status === 0 ? this.#takeHead(bytes) : bytes;
    if (rest === undefined) return undefined;
    const whole = this.#chunked ? this.#takeChunks(rest) : this.#takeBytes(rest) === 0;
    return whole ? this.#answer() : undefined;
  }

  #takeHead(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) {
      this.#head += bytes.toString('latin1');
      return undefined;
    }
    this.#head += bytes.toString('latin1', 0, end + 2);
    this.#status = Number(this.#head.slice(9, 12));
    const bodiless = this.#bodiless || this.#status === 204 || this.#status === 304;
    this.#chunked = !bodiless && CHUNKED.test(this.#head);
    if (!this.#chunked) this.#left = bodiless ? 0 : Number(LENGTH.exec(this.#head)?.[1] ?? 0);
    return bytes.subarray(end + 4);
  }

  // Bytes of the body that are still to come.
  #takeBytes(bytes: Buffer): number {
    const taken = Math.min(bytes.byteLength, this.#left ?? 0);
    this.#left = (this.#left ?? 0) - taken;
    this.#size += taken;
    // Copied: the buffer is used again for the next read.
    if (this.#keep || this.#status >= 400) this.#kept.push(Buffer.from(bytes.subarray(0, taken)));
    return this.#left;
  }

  // True after the last chunk; no trailers are read.
  #takeChunks(bytes: Buffer): boolean {
    for (let at = 0; at < bytes.byteLength; ) {
      if (this.#left !== undefined) {
        const before = this.#left;
        if (this.#takeBytes(bytes.subarray(at)) === 0) this.#left = undefined;
        at += before - (this.#left ?? 0);
        continue;
      }
      const end = bytes.indexOf('\n', at);
      this.#line += bytes.toString('latin1', at, end === -1 ? undefined : end).trim();
      if (end === -1) return false;
      at = end + 1;
      const line = this.#line;
      this.#line = '';
      // The line end after a chunk gives an empty line, and so does the end of all of them.
      if (line === '' && this.#last) return true;
      if (line === '0') this.#last = true;
      else if (line !== '') this.#left = Number.parseInt(line, 16);
    }
    return false;
  }

  #answer(): WireAnswer {
    const head = this.#head;
    return {
      status: this.#status,
      size: this.#size,
      body: Buffer.concat(this.#kept),
      header: (name) => new RegExp(`^${name}: *(.*)\r$`, 'im').exec(head)?.[1],
    };
  }
}
