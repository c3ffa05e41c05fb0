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
  // Few commands ask, and none needs to wait for this before it does.
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return (
      (await lines.question(`${question} Type yes to go ahead: `, { signal })).trim().toLowerCase() === 'yes'
    );
  } finally {
    lines.close();
  }
}
