import assert from 'node:assert/strict';
import type { Descriptor } from '../../content/descriptor.ts';
import { checkDigest, type Digest, DigestChecker } from '../../content/digest.ts';
import { parseManifest } from '../../content/manifest.ts';
import type { Store } from '../../content/store.ts';

/**
 * A store must have a manifest and everything below it, each under the digest that its bytes hash to; gives the digests
 * of the manifests, the outermost first.
 */
export async function assertWhole(store: Store, repository: string, digest: Digest): Promise<Digest[]> {
  const manifest = await store.readManifest(repository, digest);
  assert.ok(manifest !== undefined, `${repository}@${digest} in ${store.name}`);
  checkDigest(digest, manifest.bytes, store.name);
  const { manifests, blobs } = parseManifest(manifest, digest);
  for (const blob of blobs) await assertBlob(store, repository, blob);
  const found = [digest];
  for (const child of manifests) found.push(...(await assertWhole(store, repository, child.digest)));
  return found;
}

async function assertBlob(store: Store, repository: string, { digest, size }: Descriptor): Promise<void> {
  const reader = await store.readBlob(repository, digest);
  assert.ok(reader !== undefined, `${repository}@${digest} in ${store.name}`);
  const checker = new DigestChecker(digest);
  for await (const chunk of reader.stream) checker.update(chunk);
  checker.finish(`${repository}@${digest} in ${store.name}`, size);
}
