import type { Arrangement } from './table.ts';

/** A file of a bundle before it is written: the only one, or one volume. */
export interface PlannedFile {
  readonly path: string;
  readonly arrangement: Arrangement;
}

/** What a file is called until all of it is there. */
export function partialOf(path: string): string {
  return `${path}.partial`;
}
