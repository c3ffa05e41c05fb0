import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const YEAR_MS = 365.25 * 86_400_000;

// Only what a program asks for is moved: the kernel's clock is everybody's.
const SCRIPT = `
const shift = Number(process.env.SKERRY_DRILL_CLOCK_MS);
const Real = Date;
const now = () => Real.now() + shift;
globalThis.Date = class Date extends Real {
  constructor(...given) {
    if (given.length === 0) super(now());
    else super(...given);
  }
  static now() {
    return now();
  }
};
`;

/** The environment of a run for which it is so many years later. */
export async function wrongClock(folder: string, years: number): Promise<NodeJS.ProcessEnv> {
  const file = join(folder, 'wrong-clock.cjs');
  await writeFile(file, SCRIPT);
  return {
    // A blank in a path would end it.
    NODE_OPTIONS: `--require=${JSON.stringify(file)}`,
    SKERRY_DRILL_CLOCK_MS: String(Math.round(years * YEAR_MS)),
  };
}
