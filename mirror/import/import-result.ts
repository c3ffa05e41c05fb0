import type { z } from 'zod';
import type { MirrorSchema } from '../file/mirror-schema.ts';

/** A mirror file as its author would write it. */
export type WrittenMirror = z.input<typeof MirrorSchema>;
export type WrittenJob = WrittenMirror['jobs'][number];

/** Something in the other file that a mirror file has no place for. */
export interface Unmapped {
  /** Where it stands, e.g. `sync[2].hooks`. */
  readonly where: string;
  readonly why: string;
}

export interface Imported {
  readonly mirror: WrittenMirror;
  readonly unmapped: readonly Unmapped[];
}
