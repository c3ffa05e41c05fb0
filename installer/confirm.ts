import { createInterface } from 'node:readline/promises';
import type { Console } from './console.ts';

/** True where there is a person who can be asked. */
export function canAsk({ stdin, stderr, env }: Console): boolean {
  return stdin.isTTY === true && stderr.isTTY === true && !env.CI;
}

/** Asks a question that only `yes` answers with yes. */
export async function confirm(
  { stdin, stderr }: Console,
  question: string,
  signal: AbortSignal,
): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return (
      (await lines.question(`${question} Type yes to go ahead: `, { signal })).trim().toLowerCase() === 'yes'
    );
  } finally {
    lines.close();
  }
}
