import { messageOf } from '../../content/error.ts';
import type { Collected, SupportContext, SupportPart } from './part.ts';
import type { Redactor } from './redact/redactor.ts';

export interface SupportLimits {
  /** Of one part and of all together; of one file. */
  readonly partBytes: number;
  readonly totalBytes: number;
  readonly fileBytes: number;
  /** Of one part. */
  readonly partMs: number;
}

export interface SupportFile {
  readonly path: string;
  readonly bytes: Buffer;
}

export interface Missing {
  readonly part: string;
  readonly what: string;
  readonly why: string;
}

export interface CollectedPart {
  readonly id: string;
  readonly title: string;
  readonly files: readonly SupportFile[];
  readonly bytes: number;
  readonly said: readonly string[];
  readonly missing: readonly Missing[];
}

/** Runs one part after the other, each within its limits. Only a stop by the user is thrown. */
export async function collectParts(
  parts: readonly SupportPart[],
  context: SupportContext,
  { redactor, limits }: { redactor: Redactor; limits: SupportLimits },
): Promise<CollectedPart[]> {
  const collected: CollectedPart[] = [];
  let left = limits.totalBytes;
  for (const part of parts) {
    const room = { ...limits, partBytes: Math.min(limits.partBytes, left) };
    const done = await collectPart(part, context, redactor, room);
    left -= done.bytes;
    collected.push(done);
  }
  return collected.map((part) => lookAgain(part, redactor));
}

/** Once all is there: what one part calls a secret is none to be printed by another. */
function lookAgain(part: CollectedPart, redactor: Redactor): CollectedPart {
  const files = part.files.map(({ path, bytes }) => ({
    path,
    bytes: Buffer.from(redactor.again(bytes.toString())),
  }));
  return {
    ...part,
    files,
    bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    said: part.said.map(redactor.again),
    missing: part.missing.map(({ what, why, ...rest }) => ({
      ...rest,
      what: redactor.again(what),
      why: redactor.again(why),
    })),
  };
}

async function collectPart(
  part: SupportPart,
  context: SupportContext,
  redactor: Redactor,
  limits: SupportLimits,
): Promise<CollectedPart> {
  const basket = new Basket(part.id, redactor, limits);
  const time = AbortSignal.timeout(limits.partMs);
  const signal = AbortSignal.any([context.signal, time]);
  try {
    await part.collect({ ...context, signal }, basket);
  } catch (error) {
    context.signal.throwIfAborted();
    const why = time.aborted ? `it took longer than ${limits.partMs / 1000} s` : messageOf(error);
    basket.miss('the rest of this part', why);
  }
  const { files, bytes, said, missing } = basket;
  return { id: part.id, title: part.title, files, bytes, said, missing };
}

/** The only way into the bundle: what passes here is redacted and within the limits. */
class Basket implements Collected {
  readonly files: SupportFile[] = [];
  readonly said: string[] = [];
  readonly missing: Missing[] = [];
  bytes = 0;
  readonly #part: string;
  readonly #redactor: Redactor;
  readonly #limits: SupportLimits;

  constructor(part: string, redactor: Redactor, limits: SupportLimits) {
    this.#part = part;
    this.#redactor = redactor;
    this.#limits = limits;
  }

  text(path: string, text: string): boolean {
    return this.#keep(path, this.#redactor.text(this.#cut(path, text)));
  }

  json(path: string, value: unknown): boolean {
    return this.#keep(path, JSON.stringify(this.#redactor.object(value), null, 2));
  }

  say(line: string): void {
    this.said.push(this.#redactor.text(line.replaceAll(/[\r\n]+/g, ' ')));
  }

  miss(what: string, why: string): void {
    const [clean, reason] = [what, why].map((text) => this.#redactor.text(text));
    this.missing.push({ part: this.#part, what: clean ?? '', why: reason ?? '' });
  }

  // Before it is redacted, so that no text takes longer than a file may be large; at the end of a line.
  #cut(path: string, text: string): string {
    const { fileBytes } = this.#limits;
    if (text.length <= fileBytes) return text;
    this.miss(path, `only the last ${fileBytes} of its ${text.length} characters`);
    const tail = text.slice(-fileBytes);
    return tail.slice(tail.indexOf('\n') + 1);
  }

  #keep(path: string, text: string): boolean {
    const bytes = Buffer.from(text.endsWith('\n') ? text : `${text}\n`);
    const { partBytes, fileBytes } = this.#limits;
    const room = Math.min(partBytes - this.bytes, 4 * fileBytes);
    if (bytes.length > room) {
      this.miss(path, `it has ${bytes.length} bytes, and there is room for ${Math.max(0, room)}`);
      return this.bytes < partBytes;
    }
    this.bytes += bytes.length;
    this.files.push({ path: `${this.#part}/${path}`, bytes });
    return true;
  }
}
