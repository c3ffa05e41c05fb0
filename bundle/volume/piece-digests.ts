import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';
import type { Digest } from '../../content/digest.ts';
import { tryJson } from '../../content/json.ts';
import type { Place } from '../file/table.ts';

/** The file at the end of a volume that says what each piece of a blob hashes to, so that it can be checked alone. */
export const PIECES_FILE = 'pieces.json';
/** A volume has the end of one cut blob and the beginning of another, at most. */
export const PIECES_BYTES = 512;

const PiecesJson = z.strictObject({ version: z.literal(1), pieces: z.array(DigestSchema) });

/** In the order in which the pieces stand in the volume. */
export function formatPieces(pieces: readonly Digest[]): string {
  return JSON.stringify({ version: 1, pieces });
}

/** Undefined when the text is none. */
export function parsePieces(text: string): Digest[] | undefined {
  const pieces = PiecesJson.safeParse(tryJson(text));
  return pieces.success ? pieces.data.pieces : undefined;
}

/** Bytes of the file; 0 where a volume has no pieces, and then no such file. All digests are equally long. */
export function piecesSize(places: readonly Pick<Place, 'piece' | 'digest'>[]): number {
  const pieces = places.flatMap(({ piece, digest }) => (piece === undefined ? [] : [digest]));
  return pieces.length === 0 ? 0 : Buffer.byteLength(formatPieces(pieces));
}
