import assert from 'node:assert/strict';
import { type Algorithm, type Digest, digestOf } from '../../content/digest.ts';
import { descriptorOf, manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { Manifest } from '../../content/store.ts';
import type { Answer, TestRegistry } from './registry.ts';

/** For tests: content to push, and the shortest ways to push it. */
export interface TestBlob {
  readonly bytes: Buffer;
  readonly digest: Digest;
}

/** Bytes that look random and are the same for the same seed. */
export function blobOf(seed: string, size: number, algorithm: Algorithm = 'sha256'): TestBlob {
  const bytes = Buffer.alloc(size);
  let word = Number.parseInt(digestOf(seed).slice(7, 15), 16) | 1;
  for (let at = 0; at < size; at++) {
    word = (Math.imul(word, 1103515245) + 12345) >>> 0;
    bytes[at] = word >>> 16;
  }
  return { bytes, digest: digestOf(bytes, algorithm) };
}

export async function pushBlob(registry: TestRegistry, repository: string, blob: TestBlob): Promise<Digest> {
  const answer = await registry.send('POST', `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`, {
    body: blob.bytes,
  });
  assert.equal(answer.status, 201, answer.body.toString());
  return blob.digest;
}

/** Opens an upload and gives its path. */
export async function openUpload(registry: TestRegistry, repository: string): Promise<string> {
  const answer = await registry.send('POST', `/v2/${repository}/blobs/uploads/`, { body: '' });
  assert.equal(answer.status, 202);
  return answer.headers.location ?? '';
}

export interface ManifestParts {
  readonly artifactType?: string;
  readonly layers?: readonly TestBlob[];
  readonly subject?: Manifest;
  readonly annotations?: Readonly<Record<string, string>>;
}

const CONFIG: TestBlob = { bytes: Buffer.from('{}'), digest: digestOf('{}') };

/** An image or artifact manifest; its config is the empty one. */
export function imageOf({ layers = [], artifactType, subject, annotations }: ManifestParts): Manifest {
  const json = {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType,
    config: { mediaType: MediaType.empty, digest: CONFIG.digest, size: 2 },
    layers: layers.map(({ digest, bytes }) => ({
      mediaType: MediaType.layer,
      digest,
      size: bytes.byteLength,
    })),
    subject: subject === undefined ? undefined : descriptorOf(subject),
    annotations,
  };
  return manifestOf(MediaType.manifest, json);
}

export function indexOf(manifests: readonly Manifest[], extra: object = {}): Manifest {
  const entries = manifests.map((manifest) => descriptorOf(manifest));
  return manifestOf(MediaType.index, {
    schemaVersion: 2,
    mediaType: MediaType.index,
    manifests: entries,
    ...extra,
  });
}

export async function putManifest(
  registry: TestRegistry,
  repository: string,
  reference: string,
  manifest: Pick<Manifest, 'bytes' | 'mediaType'>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const options = { body: manifest.bytes, headers: { 'content-type': manifest.mediaType, ...headers } };
  return await registry.send('PUT', `/v2/${repository}/manifests/${reference}`, options);
}

/** Pushes an image with its blobs under a tag or its digest. */
export async function pushImage(
  registry: TestRegistry,
  repository: string,
  reference: string | undefined,
  parts: ManifestParts,
): Promise<Manifest> {
  for (const blob of [CONFIG, ...(parts.layers ?? [])]) await pushBlob(registry, repository, blob);
  const manifest = imageOf(parts);
  const answer = await putManifest(registry, repository, reference ?? manifest.digest, manifest);
  assert.equal(answer.status, 201, answer.body.toString());
  return manifest;
}
