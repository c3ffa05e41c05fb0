import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { stringify } from 'yaml';

/** What the commands of the client touch outside of the hub. Who makes the program gives it. */
export interface Terminal {
  readonly stdout: Writable & { isTTY?: boolean; columns?: number };
  readonly stderr: Writable & { isTTY?: boolean };
  readonly stdin: Readable & { isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Runs something that Ctrl-C can end. */
  readonly interruptible: <T>(output: Output, work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  /** Asks, and throws where nobody says yes. */
  readonly confirm: (subject: string, question: string, signal: AbortSignal) => Promise<void>;
}

export type Output = 'text' | 'json' | 'yaml';

export function outputOf(command: Command): Output {
  return command.optsWithGlobals<{ output: Output }>().output;
}

/** Prints a result in the form that was asked for. */
export function printResult(
  { stdout }: Pick<Terminal, 'stdout'>,
  output: Output,
  value: unknown,
  text: () => string,
): void {
  if (output === 'json') stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  else if (output === 'yaml') stdout.write(stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }));
  else stdout.write(`${text().replace(/\n+$/, '')}\n`);
}

/** As printResult, for one of many: a line of JSON, or a document of YAML. */
export function printEvent(
  terminal: Pick<Terminal, 'stdout'>,
  output: Output,
  value: unknown,
  text: () => string,
): void {
  if (output === 'json') terminal.stdout.write(`${JSON.stringify(value)}\n`);
  else {
    if (output === 'yaml') terminal.stdout.write('---\n');
    printResult(terminal, output, value, text);
  }
}
