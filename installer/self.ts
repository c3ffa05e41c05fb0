import { isSea } from 'node:sea';

/** The command line that starts this very program again: itself where it is one executable, else Node with its file. */
export function selfCommand(): string[] {
  const [, script] = process.argv;
  return isSea() || script === undefined ? [process.execPath] : [process.execPath, script];
}

/** The path of this program where it is one executable that could go onto a stick. */
export function selfExecutable(): string | undefined {
  return isSea() ? process.execPath : undefined;
}
