import { cosignTag } from '../content/companion-tag.ts';
import { formatIndex } from '../content/layout/layout-index.ts';
import { LayoutNames } from '../content/layout/layout-names.ts';
import { descriptorOf, parseManifest } from '../content/manifest.ts';
import type { CallOptions } from '../content/store.ts';
import { bundleError } from './errors.ts';
import { type BundleStore, openBundle } from './file/bundle-store.ts';
import { type VerifyOptions, verifyBundle } from './file/verify.ts';
import type { PublicKey } from './key.ts';
import {
  findRelease,
  type LockedRelease,
  type ReleaseAddress,
  readLockedRelease,
  releaseName,
} from './locked-release.ts';
import { verifySignature } from './signature.ts';
import { readStatements, statementTag } from './statement/statement-artifact.ts';

/** A bundle whose release is signed by a trusted key, every byte of it compared. */
export interface ReleaseBundle {
  readonly store: BundleStore;
  readonly address: ReleaseAddress;
  readonly release: LockedRelease;
}

/** Looks into a bundle without trusting anything in it: for telling a person what it claims to be. */
export async function peekRelease(path: string, options: CallOptions = {}): Promise<ReleaseBundle> {
  const store = await openBundle(path);
  try {
    const address = findRelease(store.index, path);
    return { store, address, release: await readLockedRelease(store, address, options) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Opens a bundle and believes nothing until it is proved: the signature by the trusted key, the names in the index by
 * the signed release, every byte by its digest. Throws SIGNATURE_*, STATEMENT_INVALID, BUNDLE_*.
 */
export async function openReleaseBundle(
  path: string,
  key: PublicKey,
  options: VerifyOptions = {},
): Promise<ReleaseBundle> {
  const store = await openBundle(path);
  try {
    const address = findRelease(store.index, path);
    await verifySignature(store, address.repository, address.digest, key, options);
    const release = await readLockedRelease(store, address, options);
    checkAddress(address, release, path);
    await checkNames(store, address, release, key, options);
    await verifyBundle(store, options);
    return { store, address, release };
  } catch (error) {
    await store.close();
    throw error;
  }
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
  const tags = [address.tag, cosignTag(address.digest, 'sig')];
  for (const tag of statements.length === 0 ? tags : [...tags, statementTag(address)]) {
    const manifest = await store.readManifest(address.repository, tag);
    if (manifest === undefined) throw bundleError('SIGNATURE_MISSING', { subject: store.file.path });
    const { artifactType } = parseManifest(manifest, tag);
    const descriptor = descriptorOf(manifest, artifactType === undefined ? {} : { artifactType });
    expected.setTag(address.repository, tag, descriptor);
  }
  if (formatIndex(expected.index) === store.front.index) return;
  const detail = 'index.json names other things than the signed release';
  throw bundleError('BUNDLE_CORRUPT', { subject: store.file.path, detail });
}
