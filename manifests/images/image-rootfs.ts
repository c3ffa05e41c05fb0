import { mkdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { z } from 'zod';
import { contentError } from '../../content/errors.ts';
import { parseManifest } from '../../content/manifest.ts';
import { isIndexType } from '../../content/media-type.ts';
import { parseReference, repositoryOf, tagOrDigest } from '../../content/reference.ts';
import type { Manifest, Store } from '../../content/store.ts';

/** The part of an image configuration that says how its program runs. */
const ImageConfig = z.looseObject({
  architecture: z.string(),
  created: z.string(),
  config: z.looseObject({
    User: z.string(),
    Env: z.array(z.string()),
    Entrypoint: z.array(z.string()),
    Cmd: z.array(z.string()).optional(),
    WorkingDir: z.string(),
    Labels: z.record(z.string(), z.string()),
  }),
});
export type ImageConfig = z.infer<typeof ImageConfig>;

/** Unpacks an image with the system's tar, as a container engine would, and returns its configuration. */
export async function unpackImage(store: Store, reference: string, folder: string): Promise<ImageConfig> {
  const repository = repositoryOf(parseReference(reference));
  const manifest = await imageManifest(store, repository, tagOrDigest(parseReference(reference)));
  const [config, ...layers] = parseManifest(manifest, reference).blobs;
  if (config === undefined) throw contentError('MANIFEST_INVALID', { subject: reference });
  await mkdir(folder, { recursive: true });
  for (const { digest } of layers) {
    const blob = await store.readBlob(repository, digest);
    if (blob === undefined) throw contentError('CONTENT_NOT_FOUND', { subject: digest });
    const args = ['--extract', '--gzip', '--preserve-permissions', '--numeric-owner', '--directory', folder];
    await execa('tar', args, { input: Readable.from(blob.stream) });
  }
  const json = await store.readBlob(repository, config.digest);
  if (json === undefined) throw contentError('CONTENT_NOT_FOUND', { subject: config.digest });
  return ImageConfig.parse(JSON.parse(Buffer.concat(await Array.fromAsync(json.stream)).toString()));
}

async function imageManifest(store: Store, repository: string, reference: string): Promise<Manifest> {
  const found = await store.readManifest(repository, reference);
  if (found === undefined) throw contentError('CONTENT_NOT_FOUND', { subject: `${repository}:${reference}` });
  if (!isIndexType(found.mediaType)) return found;
  const [child] = parseManifest(found, reference).manifests;
  if (child === undefined) throw contentError('MANIFEST_INVALID', { subject: reference });
  return await imageManifest(store, repository, child.digest);
}
