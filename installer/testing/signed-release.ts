import { join } from 'node:path';
import { indexOfPlan, writeBundle } from '../../bundle/file/write.ts';
import type { SigningKey } from '../../bundle/key.ts';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import { putRelease } from '../../bundle/release-artifact.ts';
import { signManifest } from '../../bundle/signature.ts';
import { putImage } from '../../bundle/testing/signed-bundle.ts';
import { planCopy } from '../../content/copy/copy-plan.ts';
import type { Digest } from '../../content/digest.ts';
import { MemoryStore } from '../../content/stores/memory.ts';

export interface SignedRelease {
  readonly version: string;
  readonly from?: string | undefined;
  /** What the layer of each image is, by the image's name. */
  readonly images?: Readonly<Record<string, string>> | undefined;
  readonly extra?: Partial<LockedRelease> | undefined;
}

/** A signed release `demo` with images and nothing else, as a bundle on a stick. */
export async function signedBundle(
  folder: string,
  key: SigningKey,
  described: SignedRelease,
): Promise<{ path: string; digest: Digest }> {
  const { store, digest, items } = await signedStore(key, described);
  const path = join(folder, `${described.extra?.name ?? 'demo'}-${described.version}.bundle.tar`);
  const plan = await planCopy(store, items);
  await writeBundle(path, indexOfPlan(plan), plan, store);
  return { path, digest };
}

/** As signedBundle, in a store such as a registry is; added to what is there. */
export async function signedStore(
  key: SigningKey,
  { version, from, images = {}, extra }: SignedRelease,
  store = new MemoryStore('a registry'),
) {
  const placed = await Promise.all(
    Object.entries(images).map(async ([name, layer]) => {
      const named = { repository: `images.example/${name}`, tag: '1' };
      return { ...named, digest: await putImage(store, named, layer) };
    }),
  );
  const items = placed.map(({ repository, tag }) => ({ repository, reference: tag }));
  const release: LockedRelease = {
    ...{ apiVersion: 'skerry.dev/v1', kind: 'LockedRelease', name: 'demo', version, description: '' },
    ...{ kubernetes: '>=1.31 <1.38', registry: { component: 'registry' }, components: [], packs: [] },
    images: placed.map((image) => ({
      ...image,
      ...{ reference: `${image.repository}:${image.tag}`, names: [], certainty: 'sure', places: [] },
    })),
    ...{ notTaken: [], platforms: [], apiVersions: [], hostTools: [] },
    contents: [...indexOfPlan(await planCopy(store, items))],
    ...(from === undefined ? {} : { upgrade: { from } }),
    ...extra,
  };
  const address = await putRelease(store, release);
  await signManifest(store, address.repository, address.digest, key);
  const all = [...items, { repository: address.repository, reference: address.tag }];
  return { store, digest: address.digest, address, release, items: all };
}
