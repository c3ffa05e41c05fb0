import type { Algorithm } from '../../digest.ts';

/** What the thread that hashes files is told. Orders for one file carry the same `id`. */
export type HashOrder =
  | {
      readonly kind: 'follow' | 'digest';
      readonly id: number;
      readonly algorithm: Algorithm;
      readonly path: string;
      /** Where in the file the bytes begin. */
      readonly start: number;
      /** Hash so many bytes from there on; `digest` wants to know what the hash is then. */
      readonly to: number;
    }
  | { readonly kind: 'forget'; readonly id: number };

/** What it answers to `follow` and `digest`. */
export interface HashReply {
  readonly id: number;
  /** Bytes from the start on that the hash covers. */
  readonly covered: number;
  /** Hexadecimal. */
  readonly digest?: string | undefined;
  /** Why the file can't be read. Nothing more is answered for this id. */
  readonly error?: string | undefined;
}
