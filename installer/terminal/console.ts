import type { Readable, Writable } from 'node:stream';
import { isSkerryError, messageOf, type SkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';

export type OutputFormat = 'text' | 'json';

/** Everything a command touches outside of its arguments; tests give their own. */
export interface Console {
  readonly stdout: Writable & { isTTY?: boolean; columns?: number };
  readonly stderr: Writable & { isTTY?: boolean };
  readonly stdin: Readable & { isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  /** As Node's process has them: the file that runs, and what it was started with. */
  readonly execPath?: string;
  readonly argv?: readonly string[];
}

/** Colours and cursor movements only on a terminal, and not where NO_COLOR (no-color.org) or TERM say no. */
export function isFancy({ stdout, env }: Console): boolean {
  // A serial console may say that it has no columns: lines can't be drawn over there.
  return stdout.isTTY === true && stdout.columns !== 0 && !env.NO_COLOR && env.TERM !== 'dumb' && !env.CI;
}

/** Prints a result: JSON as one document, or the lines of `text`. */
export function print(console: Console, format: OutputFormat, json: unknown, text: () => string): void {
  console.stdout.write(`${format === 'json' ? JSON.stringify(json, null, 2) : text().replace(/\n$/, '')}\n`);
}

/** Says what went wrong, to what, and what to do; returns the exit code. */
export function reportError(console: Console, format: OutputFormat, thrown: unknown): number {
  const error = toSkerryError(thrown);
  const { code, subject, detail, remedy, exit } = error;
  if (format === 'json') {
    console.stderr.write(
      `${JSON.stringify({ error: { code, message: error.message, subject, detail, remedy } })}\n`,
    );
    return exit;
  }
  const [red, plain] = isFancy(console) ? ['\u001b[1;31m', '\u001b[0m'] : ['', ''];
  const lines = [
    `${red}error ${code}${plain} ${error.message.split(' [')[0]}`,
    `  what  ${subject}`,
    ...(detail === undefined ? [] : [`  seen  ${detail}`]),
    ...(error.cause === undefined || detail !== undefined ? [] : [`  seen  ${messageOf(error.cause)}`]),
    `  do    ${remedy}`,
  ];
  console.stderr.write(`\n${lines.join('\n')}\n`);
  if (code === 'INTERNAL' && error.cause instanceof Error)
    console.stderr.write(`${error.cause.stack ?? ''}\n`);
  return exit;
}

function toSkerryError(thrown: unknown): SkerryError {
  if (isSkerryError(thrown)) return thrown;
  return installerError('INTERNAL', { subject: 'skerry', detail: messageOf(thrown), cause: thrown });
}
