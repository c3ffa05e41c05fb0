import { type Digest, digestOf } from '../../../content/digest.ts';
import type { Noise } from './noise.ts';
import type { Wire } from './wire.ts';

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** How a blob's bytes go: with one PUT (containerd, oras), or in a stream of unknown length first (docker, crane). */
export type PushStyle = 'whole' | 'streamed';

export async function pushBlob(wire: Wire, repository: string, noise: Noise, style: PushStyle = 'whole') {
  const opened = await wire.ask({ method: 'POST', target: `/v2/${repository}/blobs/uploads/` }, 202);
  const location = pathOf(opened.header('location'));
  const headers = { 'content-type': 'application/octet-stream' };
  const { pieces, digest, size } = noise;
  if (style === 'whole') {
    const target = withDigest(location, digest);
    await wire.ask({ method: 'PUT', target, headers, body: { pieces, length: size } }, 201);
  } else {
    const patched = await wire.ask({ method: 'PATCH', target: location, headers, body: { pieces } }, 202);
    const target = withDigest(pathOf(patched.header('location')), digest);
    await wire.ask({ method: 'PUT', target, body: { pieces: [], length: 0 } }, 201);
  }
}

export interface PushedManifest {
  readonly digest: Digest;
  readonly bytes: Buffer;
}

export async function pushManifest(
  wire: Wire,
  repository: string,
  { bytes, digest }: PushedManifest,
  options: { readonly tag?: string | undefined; readonly type?: string } = {},
): Promise<void> {
  const { tag = digest, type = MANIFEST_TYPE } = options;
  const target = `/v2/${repository}/manifests/${tag}`;
  const body = { pieces: [bytes], length: bytes.byteLength };
  await wire.ask({ method: 'PUT', target, headers: { 'content-type': type }, body }, 201);
}

type Content = Pick<Noise, 'digest' | 'size'>;

/** An image's manifest; `more` tells it from others and may hold a subject. */
export function makeManifest(config: Content, layers: readonly Content[], more: object = {}): PushedManifest {
  return encode({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({ mediaType: LAYER_TYPE, digest, size })),
    ...more,
  });
}

export function encode(value: object): PushedManifest {
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, digest: digestOf(bytes) };
}

function pathOf(location = ''): string {
  return location.replace(/^https?:\/\/[^/]*/, '');
}

function withDigest(location: string, digest: Digest): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}
