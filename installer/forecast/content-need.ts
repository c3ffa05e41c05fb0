import type { ContentPiece } from '../../bundle/release-contents.ts';
import type { Digest } from '../../content/digest.ts';
import { mapLimited } from '../../content/limit.ts';
import type { CallOptions, Store } from '../../content/store.ts';

const WIDTH = 16;

/**
 * The pieces that a registry lacks. What is known to be there is not asked for: a blob travels once, in whatever
 * repository it is needed.
 */
export async function missingPieces(
  registry: Pick<Store, 'statBlob' | 'resolveManifest'>,
  pieces: readonly ContentPiece[],
  known: ReadonlySet<Digest>,
  options: CallOptions = {},
): Promise<ContentPiece[]> {
  const held = await mapLimited(pieces, WIDTH, (piece) =>
    known.has(piece.digest) ? Promise.resolve(true) : isHeld(registry, piece, options),
  );
  return pieces.filter((_, index) => held[index] !== true);
}

async function isHeld(
  registry: Pick<Store, 'statBlob' | 'resolveManifest'>,
  { digest, repositories, isManifest }: ContentPiece,
  options: CallOptions,
): Promise<boolean> {
  for (const repository of repositories) {
    const found = isManifest
      ? await registry.resolveManifest(repository, digest, options)
      : await registry.statBlob(repository, digest, options);
    if (found !== undefined) return true;
  }
  return false;
}
