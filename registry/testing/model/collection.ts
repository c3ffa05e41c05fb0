import assert from 'node:assert/strict';
import { collectGarbage } from '../../gc/collect.ts';
import type { ServedStore } from '../../store/served-store.ts';
import { edgesFrom, heldContent } from './held-content.ts';
import { type RegistryModel, RepositoryModel } from './registry-model.ts';
import { SPECIMENS } from './specimens.ts';

/** Everything that garbage collection may not keep has had its time by then. */
export const LATER = 40 * 24 * 3_600_000;

export async function collect(store: ServedStore): Promise<void> {
  const options = { plan: false, quarantine: false, keepUntagged: 7 * 24 * 3_600_000, rules: [], roots: [] };
  for await (const _ of collectGarbage(store, options, new AbortController().signal));
}

/** What is left of a repository when all garbage is gone. */
export function withoutGarbage(before: RepositoryModel): RepositoryModel {
  const held = heldContent(before);
  const after = new RepositoryModel(before);
  for (const digest of before.blobs) if (!held.has(digest)) after.blobs.delete(digest);
  for (const digest of before.manifests) if (!held.has(digest)) after.deleteManifest(digest);
  return after;
}

/** Brings the model up to a collection that kept some garbage for now; fails when it took or kept anything that it must not. */
export function acceptCollection(
  model: RegistryModel,
  { index }: ServedStore,
  names: readonly string[],
): void {
  for (const name of names) {
    const before = model.repository(name);
    const after = new RepositoryModel(before);
    for (const digest of before.blobs) if (!index.holdsBlob(name, digest)) after.blobs.delete(digest);
    for (const digest of before.manifests)
      if (index.manifestByDigest(name, digest) === undefined) after.deleteManifest(digest);
    for (const digest of heldContent(before))
      assert.equal(after.sees(digest), before.sees(digest), `${name} lost ${digest}, which a tag holds`);
    // What is kept for now is kept whole.
    for (const digest of after.manifests)
      for (const target of edgesFrom(before, digest))
        assert.equal(after.sees(target), before.sees(target), `${name} lost ${target} under ${digest}`);
    model.replace(name, after);
  }
}

/** There is a file for all that any repository holds, and none for anything else. */
export async function assertFiles(model: RegistryModel, { files }: ServedStore, names: readonly string[]) {
  for (const { name, digest } of SPECIMENS.values()) {
    const isHeld = names.some((repository) => model.repository(repository).sees(digest));
    assert.equal((await files.size(digest)) !== undefined, isHeld, `the file of ${name}`);
  }
}
