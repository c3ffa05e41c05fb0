import type { Digest } from '../../content/digest.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import type { Store } from '../../content/store.ts';
import { factsOf } from '../store/manifests/manifest-facts.ts';
import type { ServedStore } from '../store/served-store.ts';
import type { MissingContent } from './missing-content.ts';
import { sourceNames } from './source-names.ts';

type Ports = Pick<ServedStore, 'files' | 'index' | 'pins' | 'clock' | 'commit'>;

/** What came of a repair: the name of the source that had it, or why none of them did. */
export type Repair =
  | { readonly from: string }
  | {
      readonly from: undefined;
      readonly tried: readonly { readonly source: string; readonly detail: string }[];
    };

/** Sources that did not answer: they are not waited for again for each of a thousand blobs. */
export type Silent = Set<Store>;

/**
 * Fetches by digest what is missing from the first source that has it whole, and puts it back. Who holds it and under
 * which tags stays as it was; only what never came to a repository is made known there. Throws DISK_FULL.
 */
export async function repair(
  store: Ports,
  missing: MissingContent,
  { sources, silent, signal }: { sources: readonly Store[]; silent: Silent; signal: AbortSignal },
): Promise<Repair> {
  const tried: { source: string; detail: string }[] = [];
  for (const source of sources) {
    if (silent.has(source)) {
      tried.push({ source: source.name, detail: 'did not answer' });
      continue;
    }
    try {
      if (await fetchFrom(source, store, missing, signal)) return { from: source.name };
      tried.push({ source: source.name, detail: 'does not hold it' });
    } catch (error) {
      signal.throwIfAborted();
      if (isSkerryError(error, 'DISK_FULL')) throw error;
      if (isSkerryError(error, 'REGISTRY_UNREACHABLE')) silent.add(source);
      tried.push({ source: source.name, detail: messageOf(error).slice(0, 500) });
    }
  }
  return { from: undefined, tried };
}

async function fetchFrom(
  source: Store,
  store: Ports,
  missing: MissingContent,
  signal: AbortSignal,
): Promise<boolean> {
  const failures: unknown[] = [];
  for (const name of new Set(missing.repositories.flatMap(sourceNames))) {
    try {
      const fetched =
        missing.kind === 'manifest'
          ? await fetchManifest(source, name, store, missing, signal)
          : await fetchBlob(source, name, store, missing, signal);
      if (fetched) return true;
    } catch (error) {
      signal.throwIfAborted();
      if (isSkerryError(error, 'DISK_FULL') || isSkerryError(error, 'REGISTRY_UNREACHABLE')) throw error;
      // A registry may refuse to say anything of a repository that it does not have.
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return false;
}

async function fetchManifest(
  source: Store,
  name: string,
  { files, index }: Ports,
  { digest, mediaType = '' }: MissingContent,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await source.readManifest(name, digest, { signal });
  if (found === undefined) return false;
  const manifest = { digest, mediaType, bytes: found.bytes };
  const facts = factsOf(manifest, digest);
  await files.put(digest, found.bytes, isHere(index));
  await confirm(files, digest, found.bytes.byteLength, () => index.restoreManifest(facts));
  return true;
}

// A source must offer the blob also where its bytes are here under another repository: what a user may read there is
// not to be had for naming it in a manifest.
async function fetchBlob(
  source: Store,
  name: string,
  store: Ports,
  { digest, problem, repositories }: MissingContent,
  signal: AbortSignal,
): Promise<boolean> {
  const { files, index, pins, clock } = store;
  const size = await source.statBlob(name, digest, { signal });
  if (size === undefined) return false;
  const descriptor = { mediaType: 'application/octet-stream', digest, size };
  const read = async (offset: number) => {
    const reader = await source.readBlob(name, digest, { offset, signal });
    if (reader === undefined) throw new Error('it is gone');
    return reader.stream;
  };
  await pins.during([digest], async () => {
    await files.receive(descriptor, read, isHere(index), { signal });
    if (problem === 'missing') return await confirm(files, digest, size, () => index.setFile(digest, size));
    const at = clock();
    await store.commit(repositories.map((repository) => ({ op: 'blob', repository, digest, size, at })));
  });
  return true;
}

function isHere(index: Ports['index']) {
  return (digest: Digest) => index.fileSize(digest) !== undefined;
}

// What was collected meanwhile, because its last repository dropped it, stays collected.
async function confirm(files: Ports['files'], digest: Digest, size: number, say: () => void): Promise<void> {
  await files.alone(digest, async () => {
    if ((await files.size(digest)) === size) say();
  });
}
