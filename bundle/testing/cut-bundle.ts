import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { planCopy } from '../../content/copy/copy-plan.ts';
import { digestOf } from '../../content/digest.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { indexOfPlan, type WriteOptions, writeBundle } from '../file/write.ts';

/** Smaller than the largest blob, larger than all others. */
export const VOLUME_SIZE = 400_000;
export const LARGE = randomLike(1_100_000, 'large');
export const NAMES = ['a', 'b', 'c'].map((name) => ({ repository: `registry.example/${name}`, tag: 'v1' }));
export const ITEMS = NAMES.map(({ repository, tag }) => ({ repository, reference: tag }));

/** Three images; one of them has a blob that no volume takes whole. */
export async function imagesToCut(): Promise<MemoryStore> {
  const store = new MemoryStore('source');
  const layers = [[LARGE], [randomLike(250_000, 'b'), randomLike(90_000, 'b2')], [randomLike(200_000, 'c')]];
  for (const [at, { repository, tag }] of NAMES.entries()) {
    const put = (mediaType: string, bytes: Buffer) =>
      store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
    const manifest = manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      config: put(MediaType.config, Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', at }))),
      layers: layers[at]?.map((bytes) => put(MediaType.layer, bytes)) ?? [],
    });
    await store.writeManifest(repository, tag, manifest);
  }
  return store;
}

/** Writes them into volumes, or into one file; gives the folder, and the paths in their order. */
export async function writeImages(
  from: MemoryStore,
  options: WriteOptions = { volumeSize: VOLUME_SIZE },
  folder?: string,
): Promise<{ folder: string; paths: string[] }> {
  const plan = await planCopy(from, ITEMS);
  const to = folder ?? (await testFolder('volumes'));
  await writeBundle(join(to, 'x.bundle.tar'), indexOfPlan(plan), plan, from, options);
  return { folder: to, paths: (await readdir(to)).sort().map((name) => join(to, name)) };
}

/** Bytes that look like none before, the same each time. */
function randomLike(size: number, seed: string): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 32)
    Buffer.from(digestOf(`${seed} ${at}`).slice(7), 'hex').copy(bytes, at);
  return bytes;
}
