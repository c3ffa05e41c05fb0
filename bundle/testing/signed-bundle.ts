import { join } from 'node:path';
import { planCopy } from '../../content/copy/copy-plan.ts';
import { digestOf } from '../../content/digest.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { indexOfPlan, writeBundle } from '../file/write.ts';
import { generateKey, parseSigningKey, type SigningKey } from '../key.ts';
import type { LockedRelease } from '../locked-release.ts';
import { putRelease } from '../release-artifact.ts';
import { signManifest } from '../signature.ts';

export const IMAGE = { repository: 'registry.example/app', tag: 'v1' };

/** What is odd about a bundle. */
export interface Making {
  readonly key: SigningKey;
  readonly version?: string | undefined;
  readonly unsigned?: boolean | undefined;
  readonly smuggled?: boolean | undefined;
  /** Where the release is put, if not where it belongs. */
  readonly name?: typeof IMAGE | undefined;
}

/** Writes a bundle of a release with one image; gives its path. The same input gives the same bytes. */
export async function makeSignedBundle({
  key,
  version = '1.2.3',
  unsigned = false,
  smuggled = false,
  name,
}: Making): Promise<string> {
  const store = new MemoryStore('source');
  const image = await putImage(store, IMAGE, 'x'.repeat(20_000));
  const contents = await planCopy(store, [{ repository: IMAGE.repository, reference: IMAGE.tag }]);
  const put = await putRelease(
    store,
    locked(
      [
        {
          reference: 'registry.example/app:v1',
          names: [],
          ...IMAGE,
          digest: image,
          certainty: 'sure',
          places: [],
        },
      ],
      contents,
      version,
    ),
  );
  const address = { ...put, ...name };
  await store.writeManifest(address.repository, address.tag, put.manifest);
  if (!unsigned) await signManifest(store, address.repository, address.digest, key);
  if (smuggled) await putImage(store, { repository: 'registry.example/other', tag: 'v1' }, 'not asked for');
  const items = [IMAGE, address, ...(smuggled ? [{ repository: 'registry.example/other', tag: 'v1' }] : [])];
  const plan = await planCopy(
    store,
    items.map(({ repository, tag }) => ({ repository, reference: tag })),
  );
  const path = join(await testFolder('release'), 'x.bundle.tar');
  await writeBundle(path, indexOfPlan(plan), plan, store);
  return path;
}

function locked(
  images: LockedRelease['images'],
  contents: Parameters<typeof indexOfPlan>[0],
  version: string,
): LockedRelease {
  return {
    apiVersion: 'skerry.dev/v1',
    kind: 'LockedRelease',
    name: 'demo',
    version,
    description: '',
    kubernetes: '>=1.31',
    registry: { component: 'registry' },
    components: [],
    packs: [],
    images,
    notTaken: [],
    platforms: [],
    apiVersions: [],
    hostTools: [],
    contents: [...indexOfPlan(contents)],
  };
}

/** Puts an image with one layer, of this text. */
export async function putImage(store: MemoryStore, { repository, tag }: typeof IMAGE, layer: string) {
  const put = (mediaType: string, text: string) =>
    store.putBlob({ mediaType, digest: digestOf(text), size: Buffer.byteLength(text) }, Buffer.from(text));
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: put(MediaType.config, '{}'),
    layers: [put(MediaType.layer, layer)],
  });
  await store.writeManifest(repository, tag, manifest);
  return manifest.digest;
}

export function newKey(): SigningKey {
  return parseSigningKey(generateKey().privatePem, 'test key');
}
