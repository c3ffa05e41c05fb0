import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { create } from 'tar';
import { digestOf, hexOf } from '../../content/digest.ts';
import { MediaType } from '../../content/media-type.ts';

/** Writes an OCI archive at `target` with one image named `name`, whose one file is `program`. Needs `work` for itself. */
export async function writePauseImage(
  target: string,
  name: string,
  program: string,
  work: string,
): Promise<void> {
  const root = join(work, 'root');
  const layout = join(work, 'layout');
  await mkdir(root, { recursive: true });
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  await copyFile(program, join(root, 'pause'));
  const put = (mediaType: string, content: Buffer) => writeBlob(layout, mediaType, content);

  const layer = await put(MediaType.layer, await archive(root, ['pause']));
  const config = await put(MediaType.config, json(imageConfig(layer.digest)));
  const manifest = { schemaVersion: 2, mediaType: MediaType.manifest, config, layers: [layer] };
  const descriptor = await put(MediaType.manifest, json(manifest));
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name };
  const index = { schemaVersion: 2, mediaType: MediaType.index, manifests: [{ ...descriptor, annotations }] };
  await writeFile(join(layout, 'index.json'), json(index));
  await writeFile(join(layout, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  await writeFile(target, await archive(layout, ['oci-layout', 'index.json', 'blobs']));
  await rm(work, { recursive: true });
}

function imageConfig(diffId: string) {
  return {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: ['/pause'], User: '65535:65535' },
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
}

async function writeBlob(layout: string, mediaType: string, content: Buffer) {
  const digest = digestOf(content);
  await writeFile(join(layout, 'blobs/sha256', hexOf(digest)), content);
  return { mediaType, digest, size: content.byteLength };
}

async function archive(cwd: string, paths: string[]): Promise<Buffer> {
  return buffer(create({ cwd, portable: true, mtime: new Date(0) }, paths));
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
