import { cosignTag } from '../content/companion-tag.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { formatIndex } from '../content/layout/layout-index.ts';
import { LayoutNames } from '../content/layout/layout-names.ts';
import { descriptorOf, parseManifest } from '../content/manifest.ts';
import type { CallOptions, Store } from '../content/store.ts';
import { bundleError } from './errors.ts';
import { type BundleStore, type OpenBundleOptions, openBundle } from './file/bundle-store.ts';
import { type VerifyOptions, verifyBundle } from './file/verify.ts';
import type { PublicKey } from './key.ts';
import {
  findRelease,
  type LockedRelease,
  type ReleaseAddress,
  readLockedRelease,
  releaseName,
} from './locked-release.ts';
import { type ContentPiece, contentPieces, totalBytes } from './release-contents.ts';
import { ReleasedStore } from './released-store.ts';
import { verifySignature } from './signature.ts';
import { readStatements, statementTag } from './statement/statement-artifact.ts';

/**
 * A release that is signed by a trusted key, and the store that its content is read from: a bundle of which every byte
 * was compared, or any other store, of which each byte is compared when it is copied.
 */
export interface ReleaseBundle {
  readonly store: ReleaseStore;
  readonly address: ReleaseAddress;
  readonly release: LockedRelease;
  /** Of its content, each blob once. */
  readonly bytes: number;
}

/** All that a release is made of, its own description and signature included. */
export async function piecesOf(
  { store, address, release }: Pick<ReleaseBundle, 'address' | 'release'> & { readonly store: Store },
  options: CallOptions = {},
): Promise<ContentPiece[]> {
  const names = new LayoutNames(release.contents);
  for (const { tag, descriptor } of await ownEntries(store, address, store.name, options))
    names.setTag(address.repository, tag, descriptor);
  return await contentPieces(store, names.index, options);
}

/** A release in a bundle's file. */
export interface ReleaseInBundle extends ReleaseBundle {
  readonly store: BundleStore;
}

/** A store that somebody has to let go of. */
export interface ReleaseStore extends Store {
  close(): Promise<void>;
}

/**
 * Looks into a bundle without trusting anything in it: for telling a person what it claims to be. Any volume of one that
 * is cut says all of that.
 */
export async function peekRelease(
  path: string,
  options: CallOptions & OpenBundleOptions = {},
): Promise<ReleaseInBundle> {
  const store = await openBundle(path, { ...options, needs: options.needs ?? 'some' });
  try {
    const address = findRelease(store.index, path);
    return {
      store,
      address,
      release: await readLockedRelease(store, address, options),
      bytes: bytesIn(store),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Opens a bundle and believes nothing until it is proved: the signature by the trusted key, the names in the index by
 * the signed release, every byte by its digest. Of one that is cut these are the bytes of the volumes that it needs.
 * Throws SIGNATURE_*, STATEMENT_INVALID, BUNDLE_*, VOLUME_MISSING, VOLUME_FOREIGN.
 */
export async function openReleaseBundle(
  path: string,
  key: PublicKey,
  options: VerifyOptions & OpenBundleOptions = {},
): Promise<ReleaseInBundle> {
  const store = await openBundle(path, options);
  try {
    const address = findRelease(store.index, path);
    await verifySignature(store, address.repository, address.digest, key, options);
    const release = await readLockedRelease(store, address, options);
    checkAddress(address, release, path);
    await checkNames(store, address, release, key, options);
    await verifyBundle(store, options);
    return { store, address, release, bytes: bytesIn(store) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * As openReleaseBundle, of a release that any store holds, such as a registry: the signature and the names are proved
 * now, and content is found by the digests that the release says. Only manifests are read yet. Closing it closes the
 * store. Throws SIGNATURE_*, BUNDLE_NO_RELEASE, BUNDLE_CORRUPT.
 */
export async function openStoredRelease(
  store: Store & Partial<Pick<ReleaseStore, 'close'>>,
  address: ReleaseAddress,
  key: PublicKey,
  options: CallOptions = {},
): Promise<ReleaseBundle> {
  await verifySignature(store, address.repository, address.digest, key, options);
  const release = await readLockedRelease(store, address, options);
  checkAddress(address, release, store.name);
  const own = await ownEntries(store, address, store.name, options);
  const named = new LayoutNames(release.contents);
  for (const { tag, descriptor } of own) named.setTag(address.repository, tag, descriptor);
  const pieces = await contentPieces(store, named.index, options);
  return { store: new ReleasedStore(store, named.index), address, release, bytes: totalBytes(pieces) };
}

function bytesIn({ entries }: BundleStore): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}

// The index is not signed: under another name the release could take the place of an image.
function checkAddress(
  { repository, tag }: ReleaseAddress,
  { name, version }: LockedRelease,
  subject: string,
) {
  const own = releaseName(name, version);
  if (own.repository === repository && own.tag === tag) return;
  const detail = `${repository}:${tag} stands where ${own.repository}:${own.tag} should`;
  throw bundleError('BUNDLE_CORRUPT', { subject, detail });
}

// The signature covers the release, the release names all contents: what is left are the entries of these two, and of
// statements about the release, which are signed themselves.
async function checkNames(
  store: BundleStore,
  address: ReleaseAddress,
  release: LockedRelease,
  key: PublicKey,
  options: CallOptions,
): Promise<void> {
  const expected = new LayoutNames(release.contents);
  const statements = await readStatements(store, address, key, options);
  const more = statements.length === 0 ? [] : [statementTag(address)];
  for (const { tag, descriptor } of await ownEntries(store, address, store.path, options, more))
    expected.setTag(address.repository, tag, descriptor);
  if (formatIndex(expected.index) === store.front.index) return;
  const detail = 'index.json names other things than the signed release';
  throw bundleError('BUNDLE_CORRUPT', { subject: store.path, detail });
}

/** The release itself and its signature, as an index names them. Throws SIGNATURE_MISSING. */
async function ownEntries(
  store: Store,
  address: ReleaseAddress,
  subject: string,
  options: CallOptions = {},
  more: readonly string[] = [],
) {
  const entries: { tag: string; descriptor: Descriptor }[] = [];
  for (const tag of [address.tag, cosignTag(address.digest, 'sig'), ...more]) {
    const reference = tag === address.tag ? address.digest : tag;
    const manifest = await store.readManifest(address.repository, reference, options);
    if (manifest === undefined) throw bundleError('SIGNATURE_MISSING', { subject });
    const { artifactType } = parseManifest(manifest, tag);
    const descriptor = descriptorOf(manifest, artifactType === undefined ? {} : { artifactType });
    entries.push({ tag, descriptor });
  }
  return entries;
}
