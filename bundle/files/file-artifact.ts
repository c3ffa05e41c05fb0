import { basename } from 'node:path';
import { type FileMeasure, measureFile } from '../../content/bytes/file-measure.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { type Digest, digestOf } from '../../content/digest.ts';
import { messageOf } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import { manifestOf, parseManifest } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { CallOptions, Store } from '../../content/store.ts';
import { bundleError } from '../errors.ts';
import type { ReleaseFile } from '../release.ts';
import type { MadeStore } from './made-store.ts';

/** One file as an OCI artifact: its only layer is the file, whose name is its title. */
const FILE_TYPE = 'application/vnd.skerry.file.v1';
const TITLE = 'org.opencontainers.image.title';

export interface CarriedFile {
  readonly name: string;
  /** As it was called. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Of the file itself. */
  readonly digest: Digest;
  readonly artifact: { readonly repository: string; readonly tag: string; readonly digest: Digest };
}

/** Makes an artifact of each file that a release names; the files are hashed, and read again when they are copied. Throws RELEASE_FILE_UNREADABLE. */
export async function putFiles(
  store: MadeStore,
  { release, resolve }: ReleaseFile,
  options: CallOptions = {},
): Promise<CarriedFile[]> {
  const carried: CarriedFile[] = [];
  for (const { name, path: relative } of release.files) {
    const path = resolve(relative);
    const file = basename(path);
    const { digest, size } = await measure(path, options);
    store.putFile(digest, { path, size });
    const empty = Buffer.from('{}');
    const manifest = manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      artifactType: FILE_TYPE,
      config: store.putBlob(
        { mediaType: MediaType.empty, digest: digestOf(empty), size: empty.byteLength },
        empty,
      ),
      layers: [{ mediaType: 'application/octet-stream', digest, size, annotations: { [TITLE]: file } }],
      annotations: { [TITLE]: name, 'org.opencontainers.image.version': release.version },
    });
    const artifact = { repository: `skerry/files/${name}`, tag: release.version, digest: manifest.digest };
    await store.writeManifest(artifact.repository, artifact.tag, manifest);
    carried.push({ name, file, size, digest, artifact });
  }
  return carried;
}

/** The layer of an artifact that is one file. Throws CONTENT_NOT_FOUND, FILE_NOT_ONE. */
export async function findFile(
  store: Store,
  repository: string,
  reference: string,
  options: CallOptions = {},
): Promise<Descriptor> {
  const subject = `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  const manifest = await store.readManifest(repository, reference, options);
  if (manifest === undefined) throw contentError('CONTENT_NOT_FOUND', { subject, detail: store.name });
  const { config, blobs, artifactType } = parseManifest(manifest, subject);
  const layers = blobs.filter(({ digest }) => digest !== config?.digest);
  const [layer, ...more] = layers;
  if (layer === undefined || more.length > 0)
    throw bundleError('FILE_NOT_ONE', {
      subject,
      detail: `${layers.length} layers, of ${artifactType ?? 'an image'}`,
    });
  return layer;
}

async function measure(path: string, { signal }: CallOptions): Promise<FileMeasure> {
  try {
    return await measureFile(path, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw bundleError('RELEASE_FILE_UNREADABLE', { subject: path, detail: messageOf(error), cause: error });
  }
}
