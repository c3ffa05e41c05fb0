import type { Digest } from '../../content/digest.ts';
import type { Volume } from '../volume/volume.ts';
import type { Place } from './table.ts';

/** Where bytes of a blob are: a place in a volume. */
export interface BlobPiece {
  readonly volume: Volume;
  readonly place: Place;
}

/** All copies of each blob; one that is cut has several pieces, in their order. */
export function blobsIn(volumes: readonly Volume[]): Map<Digest, (readonly BlobPiece[])[]> {
  const blobs = new Map<Digest, (readonly BlobPiece[])[]>();
  for (const volume of volumes)
    for (const place of volume.places) {
      const known = blobs.get(place.digest);
      const piece = { volume, place };
      if (known === undefined) blobs.set(place.digest, [[piece]]);
      else if (place.piece === undefined) known.push([piece]);
      else known[0] = [...(known[0] ?? []), piece];
    }
  return blobs;
}

/** Bytes of a piece that are wanted. */
export interface PieceSpan {
  readonly piece: BlobPiece;
  /** Within the piece. */
  readonly from: number;
  readonly length: number;
}

/** The parts of the pieces that have these bytes of the blob. */
export function spansOf(pieces: readonly BlobPiece[], offset: number, length: number): PieceSpan[] {
  return pieces.flatMap((piece) => {
    const begin = piece.place.piece?.offset ?? 0;
    const from = Math.max(offset, begin);
    const to = Math.min(offset + length, begin + piece.place.size);
    return to > from ? [{ piece, from: from - begin, length: to - from }] : [];
  });
}
