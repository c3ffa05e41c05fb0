import { isSea } from 'node:sea';

/** The path of this program where it is one executable that could go onto a stick. */
export function selfExecutable(): string | undefined {
  return isSea() ? process.execPath : undefined;
}
