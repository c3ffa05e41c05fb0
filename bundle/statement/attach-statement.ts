import { oneChunk } from '../../content/bytes/one-chunk.ts';
import type { Digest } from '../../content/digest.ts';
import { contentError } from '../../content/errors.ts';
import { LayoutNames } from '../../content/layout/layout-names.ts';
import { descriptorOf, parseManifest } from '../../content/manifest.ts';
import type { BlobSource, CallOptions, Manifest } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { bundleError } from '../errors.ts';
import { BundleWriter } from '../file/bundle-writer.ts';
import { copyEntries } from '../file/copy-entries.ts';
import type { PublicKey } from '../key.ts';
import type { ReleaseBundle, ReleaseInBundle } from '../release-bundle.ts';
import { putStatements, readStatements, statementTag } from './statement-artifact.ts';
import type { UpgradeProof } from './upgrade-proof.ts';

export interface AttachOptions extends CallOptions {
  readonly onProgress?: ((progress: { bytesDone: number; bytesTotal: number }) => void) | undefined;
}

/**
 * The statements that a bundle carries about its release: which upgrades to it were rehearsed. Each was verified with
 * the key. Throws STATEMENT_INVALID.
 */
export async function findStatements(
  { store, address }: Pick<ReleaseBundle, 'store' | 'address'>,
  key: PublicKey,
  options: CallOptions = {},
): Promise<UpgradeProof[]> {
  return (await readStatements(store, address, key, options)).map(({ proof }) => proof);
}

/** The statement about an upgrade from a release, the latest where there are several. */
export function proofOf(statements: readonly UpgradeProof[], from: string): UpgradeProof | undefined {
  return statements
    .filter((proof) => proof.from.digest === from)
    .sort((a, b) => a.finishedAt.localeCompare(b.finishedAt))
    .at(-1);
}

/**
 * Writes a bundle anew with one more sealed statement about its release, to `path`, which may be its own: the file has
 * its name only once it is whole. A statement about the same pair takes the place of the one before.
 * Throws VOLUMES_APART, STATEMENT_INVALID, DISK_FULL, OUTPUT_UNUSABLE, and what reading throws.
 */
export async function attachStatement(
  path: string,
  bundle: ReleaseInBundle,
  { envelope, from, key }: { envelope: Uint8Array; from: string; key: PublicKey },
  options: AttachOptions = {},
): Promise<void> {
  const { store, address } = bundle;
  if (store.volumes.length > 1) throw bundleError('VOLUMES_APART', { subject: store.path });
  const release = await store.readManifest(address.repository, address.digest);
  if (release === undefined) throw contentError('CONTENT_NOT_FOUND', { subject: address.digest });
  const before = await readStatements(store, address, key, options);
  const kept = before.filter(({ proof }) => proof.from.digest !== from);
  const made = new MemoryStore('statements');
  const envelopes = [...kept.map((found) => found.envelope), envelope];
  const manifest = await putStatements(made, address, release, envelopes);
  await write(path, bundle, { manifest, made, dropped: await partsOfOld(bundle) }, options);
}

/** What the statements of before consist of; nothing else in a bundle can be the same bytes. */
async function partsOfOld({ store, address }: ReleaseInBundle): Promise<ReadonlySet<Digest>> {
  const old = await store.readManifest(address.repository, statementTag(address));
  if (old === undefined) return new Set();
  return new Set([old.digest, ...parseManifest(old, old.digest).blobs.map(({ digest }) => digest)]);
}

interface Addition {
  readonly manifest: Manifest;
  readonly made: MemoryStore;
  readonly dropped: ReadonlySet<Digest>;
}

async function write(
  path: string,
  { store, address }: ReleaseInBundle,
  { manifest, made, dropped }: Addition,
  { signal, onProgress }: AttachOptions,
): Promise<void> {
  const { artifactType, blobs } = parseManifest(manifest, manifest.digest);
  const names = new LayoutNames(store.index);
  const extra = artifactType === undefined ? {} : { artifactType };
  names.setTag(address.repository, statementTag(address), descriptorOf(manifest, extra));
  const kept = store.entries.filter(({ digest }) => !dropped.has(digest));
  const added = [{ digest: manifest.digest, size: manifest.bytes.byteLength }, ...blobs];
  // What says something of the release stands in front, as it does when a bundle is made.
  const entries = [...added, ...kept].map(({ digest, size }) => ({ digest, size }));
  const writer = await BundleWriter.open(path, names.index, entries, { signal });
  try {
    const sourceOf =
      (digest: Digest): BlobSource =>
      async (offset) => {
        if (digest === manifest.digest) return oneChunk(manifest.bytes.subarray(offset));
        const from = dropped.has(digest) || !kept.some((place) => place.digest === digest) ? made : store;
        const reader = await from.readBlob(address.repository, digest, { offset, signal });
        if (reader === undefined)
          throw contentError('CONTENT_NOT_FOUND', { subject: digest, detail: from.name });
        return reader.stream;
      };
    await copyEntries(writer, entries, sourceOf, { signal, onProgress });
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}
