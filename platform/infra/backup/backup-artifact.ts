import { Readable } from 'node:stream';
import { readSmallBlob } from '../../../content/bytes/small-blob.ts';
import type { Descriptor } from '../../../content/descriptor.ts';
import { type Digest, digestOf } from '../../../content/digest.ts';
import { manifestOf, parseManifest } from '../../../content/manifest.ts';
import { MediaType } from '../../../content/media-type.ts';
import type { ContentSink, Store } from '../../../content/store.ts';
import { platformError } from '../../errors.ts';
import { BACKUP_TYPE } from './gateway-backup.ts';

/**
 * Keeps a sealed backup in a registry, as an artifact with one layer. It is the newest and that of its weekday: what no
 * tag names any more is collected by the registry, so that eight are kept at most. Gives the digest that names it.
 */
export async function pushBackup(
  store: ContentSink,
  repository: string,
  sealed: Buffer,
  at: Date,
  signal: AbortSignal,
): Promise<Digest> {
  const put = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    const source = async (offset: number) => Readable.from([bytes.subarray(offset)]);
    await store.writeBlob(repository, descriptor, source, { signal });
    return descriptor;
  };
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: BACKUP_TYPE,
    config: await put(MediaType.empty, Buffer.from('{}')),
    layers: [await put(BACKUP_TYPE, sealed)],
    annotations: { 'org.opencontainers.image.created': at.toISOString() },
  });
  for (const tag of [`weekday-${at.getUTCDay()}`, 'latest'])
    await store.writeManifest(repository, tag, manifest, { signal });
  return manifest.digest;
}

/** The sealed bytes of a backup in a registry. Throws GATEWAY_BACKUP_UNREADABLE, DIGEST_MISMATCH. */
export async function pullBackup(
  store: Store,
  repository: string,
  reference: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const subject = `${store.name} ${repository} ${reference}`;
  const unreadable = (detail: string) => platformError('GATEWAY_BACKUP_UNREADABLE', { subject, detail });
  const manifest = await store.readManifest(repository, reference, { signal });
  if (manifest === undefined) throw unreadable('there is none');
  const { artifactType, blobs } = parseManifest(manifest, subject);
  const layer = blobs.find(({ mediaType }) => mediaType === BACKUP_TYPE);
  if (artifactType !== BACKUP_TYPE || layer === undefined) throw unreadable('it is another artifact');
  return await readSmallBlob(store, repository, layer, { signal });
}
