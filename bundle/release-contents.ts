import type { Descriptor } from '../content/descriptor.ts';
import type { Digest } from '../content/digest.ts';
import { type LayoutIndex, namesIn } from '../content/layout/layout-index.ts';
import { mapLimited } from '../content/limit.ts';
import { parseManifest } from '../content/manifest.ts';
import type { CallOptions, Store } from '../content/store.ts';

/** A manifest or a blob of a release. */
export interface ContentPiece {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Where it is found; empty for what only hangs on something else, as signatures do. */
  readonly repositories: readonly string[];
  readonly isManifest: boolean;
  /** It is the config of an image, or of what is packed like one. */
  readonly isConfig: boolean;
}

const WIDTH = 8;

/** All that an index names and what is below it, each piece once. What the store lacks is left out, as platforms may be. */
export async function contentPieces(
  store: Store,
  index: LayoutIndex,
  options: CallOptions = {},
): Promise<ContentPiece[]> {
  const walk = new Walk(store, options);
  await mapLimited([...index], WIDTH, async (entry) => {
    const names = namesIn([entry]);
    if (names.length === 0) walk.note(entry, undefined, 'manifest');
    for (const { repository } of names) await walk.manifest(repository, entry);
  });
  return walk.pieces();
}

export function totalBytes(pieces: readonly Pick<ContentPiece, 'size'>[]): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}

type Kind = 'manifest' | 'config' | 'blob';

class Walk {
  readonly #store: Store;
  readonly #options: CallOptions;
  readonly #found = new Map<
    Digest,
    Omit<ContentPiece, 'digest' | 'repositories'> & { repositories: Set<string> }
  >();

  constructor(store: Store, options: CallOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** False when it was known in this repository already. */
  note({ digest, size }: Descriptor, repository: string | undefined, kind: Kind): boolean {
    const [isManifest, isConfig] = [kind === 'manifest', kind === 'config'];
    const known = this.#found.get(digest) ?? { size, repositories: new Set<string>(), isManifest, isConfig };
    this.#found.set(digest, known);
    if (repository === undefined || known.repositories.has(repository)) return false;
    known.repositories.add(repository);
    return true;
  }

  async manifest(repository: string, descriptor: Descriptor): Promise<void> {
    if (this.#found.get(descriptor.digest)?.repositories.has(repository)) return;
    const manifest = await this.#store.readManifest(repository, descriptor.digest, this.#options);
    if (manifest === undefined || !this.note(descriptor, repository, 'manifest')) return;
    const { config, blobs, manifests } = parseManifest(manifest, `${repository}@${descriptor.digest}`);
    for (const blob of blobs) this.note(blob, repository, blob.digest === config?.digest ? 'config' : 'blob');
    for (const below of manifests) await this.manifest(repository, below);
  }

  pieces(): ContentPiece[] {
    return [...this.#found].map(([digest, { repositories, ...piece }]) => ({
      digest,
      ...piece,
      repositories: [...repositories].sort(),
    }));
  }
}
