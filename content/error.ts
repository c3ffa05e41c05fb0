/**
 * Every failure that a user can meet has a stable code. Each room declares its codes in one table
 * (`errors.ts`); docs/errors.md is generated from those tables and tests assert the codes.
 */

/** What a code stands for, the same for every time it is thrown. */
export interface ErrorEntry {
  /** What the code means, one sentence. */
  readonly means: string;
  /** What the reader should do now, one sentence in the imperative. */
  readonly remedy: string;
  /** Exit code of the command line, see docs/errors.md; 1 when absent. */
  readonly exit?: number;
}

/** What is particular to one occurrence. */
export interface Occurrence {
  /** What it happened to: a path, a reference, a digest, an object. */
  readonly subject: string;
  /** What was seen, e.g. expected and actual value. */
  readonly detail?: string | undefined;
  /** Replaces the table's remedy where this occurrence has a better one. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

export class SkerryError extends Error {
  readonly code: string;
  /** What the code stands for, as in the table. */
  readonly means: string;
  readonly subject: string;
  readonly detail: string | undefined;
  readonly remedy: string;
  readonly exit: number;

  constructor(code: string, entry: ErrorEntry, occurrence: Occurrence) {
    const subject = printable(occurrence.subject);
    const detail = occurrence.detail === undefined ? undefined : printable(occurrence.detail);
    super(`${entry.means} [${subject}]${detail === undefined ? '' : ` (${detail})`}`, {
      cause: occurrence.cause,
    });
    this.name = 'SkerryError';
    this.code = code;
    this.means = entry.means;
    this.subject = subject;
    this.detail = detail;
    this.remedy = occurrence.remedy ?? entry.remedy;
    this.exit = entry.exit ?? 1;
  }
}

const MAX_TEXT = 8000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

// Names and answers from outside end up in messages, and messages in terminals, which control characters would steer.
export function printable(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return short.replace(CONTROL, '\u{fffd}');
}

/**
 * Declares a room's error table. The result makes errors: `throw contentError('DIGEST_MISMATCH', {subject})`;
 * `.table` is what the docs are generated from.
 */
export function errorTable<const T extends Record<string, ErrorEntry>>(table: T) {
  const make = (code: keyof T & string, occurrence: Occurrence): SkerryError => {
    const entry: ErrorEntry = table[code] as ErrorEntry;
    return new SkerryError(code, entry, occurrence);
  };
  return Object.assign(make, { table: table as Readonly<Record<string, ErrorEntry>> });
}

/** True when `error` is a SkerryError, of the given code if one is given. */
export function isSkerryError(error: unknown, code?: string): error is SkerryError {
  return error instanceof SkerryError && (code === undefined || error.code === code);
}

/** The message of anything that was thrown, with the chain of causes. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}`;
}
