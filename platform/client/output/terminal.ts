import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';

/** What the commands of the client touch outside of the hub. Who makes the program gives it. */
export interface Terminal {
  readonly stdout: Writable & { isTTY?: boolean; columns?: number };
  readonly stderr: Writable & { isTTY?: boolean };
  readonly stdin: Readable & { isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  /** What other programs start this one with: a file, and arguments before its own. */
  readonly program: readonly string[];
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
