import { oneChunk } from '../../../content/bytes/one-chunk.ts';
import { digestOf } from '../../../content/digest.ts';
import { manifestOf } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import { PACK_CONFIG_TYPE, PACK_TYPE, tagOf } from '../../../content/pack-format.ts';
import type { Manifest, WritableStore } from '../../../content/store.ts';

/** For tests: what to put into a store as a pack. */
export interface SamplePack {
  readonly name: string;
  readonly version: string;
  /** Laid over the config that a sound pack of this name has. */
  readonly config?: object;
  /** Laid over the manifest. */
  readonly manifest?: object;
}

/** For tests: pushes a small pack under `prefix`, as `skerry bundle create` makes them. */
export async function pushSamplePack(
  store: WritableStore,
  prefix: string,
  { name, version, config, manifest }: SamplePack,
): Promise<Manifest> {
  const repository = `${prefix}/${name}`;
  const sound = { name, version, layer: 'addon', description: `The ${name} add-on`, values: { replicas: 1 } };
  const schema = { type: 'object', properties: { replicas: { type: 'integer' } } };
  const text = JSON.stringify({ ...sound, valuesSchema: schema, ...config });
  const made = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: PACK_TYPE,
    config: await push(store, repository, PACK_CONFIG_TYPE, text),
    layers: [await push(store, repository, MediaType.helmChart, `chart of ${name} ${version}`)],
    ...manifest,
  });
  await store.writeManifest(repository, tagOf(version), made);
  return made;
}

async function push(store: WritableStore, repository: string, mediaType: string, text: string) {
  const bytes = Buffer.from(text);
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  await store.writeBlob(repository, descriptor, async () => oneChunk(bytes));
  return descriptor;
}
