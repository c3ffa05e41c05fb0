import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { messageOf } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import type { Checkpoint } from './checkpoint-head.ts';
import { type CheckpointLine, lineText, parseLine } from './checkpoint-line.ts';

/** A part is compressed when its lines have so many bytes: no more of a checkpoint is ever plain at a time. */
const PART_BYTES = 4 * 1024 * 1024;
/** A part is one line at least, and an object of etcd has a few megabytes at most. */
const MAX_PART_BYTES = 64 * 1024 * 1024;

/** Takes lines, and gives them back in parts. */
export class PartWriter {
  readonly #parts: Buffer[] = [];
  #lines: Buffer[] = [];
  #pending = 0;
  bytes = 0;

  async add(line: CheckpointLine): Promise<void> {
    const text = Buffer.from(lineText(line));
    this.#lines.push(text);
    this.#pending += text.byteLength;
    this.bytes += text.byteLength;
    if (this.#pending >= PART_BYTES) await this.#flush();
  }

  async end(): Promise<readonly Buffer[]> {
    await this.#flush();
    return this.#parts;
  }

  async #flush(): Promise<void> {
    if (this.#pending === 0) return;
    this.#parts.push(await promisify(zstdCompress)(Buffer.concat(this.#lines)));
    this.#lines = [];
    this.#pending = 0;
  }
}

/** Everything that a checkpoint holds, in the order in which it was taken. Throws CHECKPOINT_UNREADABLE. */
export async function* linesOf({ parts }: Pick<Checkpoint, 'parts'>): AsyncGenerator<CheckpointLine> {
  for (const part of parts) {
    const text = String(await decompress(part));
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf('\n', start);
      yield parseLine(text.slice(start, end === -1 ? undefined : end));
      if (end === -1) return;
      start = end + 1;
    }
  }
}

async function decompress(part: Uint8Array): Promise<Buffer> {
  try {
    return await promisify(zstdDecompress)(part, { maxOutputLength: MAX_PART_BYTES });
  } catch (cause) {
    throw installerError('CHECKPOINT_UNREADABLE', { subject: 'checkpoint', detail: messageOf(cause), cause });
  }
}
