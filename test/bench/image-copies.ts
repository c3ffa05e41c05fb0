import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One call of a program that copies an image, without the program's name. */
export type ImageCopy = readonly string[];

/** More than this many at a time bring nothing on any machine that we have seen. */
const AT_ONCE = 4;

/** A shell script that runs copies one after the other, as a user's loop does; its path. */
export async function oneByOne(
  program: string,
  copies: readonly ImageCopy[],
  folder: string,
): Promise<string> {
  return await script(folder, copies.map((copy) => [program, ...copy].map(quote).join(' ')).join('\n'));
}

/** A shell script that keeps several copies running at a time. */
export async function severalAtOnce(
  program: string,
  copies: readonly ImageCopy[],
  folder: string,
): Promise<string> {
  const words = copies.flat().map(quote).join('\n');
  const count = copies[0]?.length ?? 1;
  return await script(folder, `xargs -P ${AT_ONCE} -n ${count} ${quote(program)} <<'END'\n${words}\nEND`);
}

async function script(folder: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'copies.sh');
  await writeFile(path, `set -e\n${text}\n`);
  return path;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
