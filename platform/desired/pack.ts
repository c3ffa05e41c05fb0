import { z } from 'zod';
import type { Descriptor } from '../../content/descriptor.ts';
import { checkDigest, type Digest } from '../../content/digest.ts';
import { parseManifest } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { MAX_PACK_CONFIG_BYTES, PACK_CONFIG_TYPE, PACK_TYPE, PackConfig } from '../../content/pack-format.ts';
import type { Manifest, Store } from '../../content/store.ts';
import { platformError } from '../errors.ts';

export interface Pack {
  readonly config: PackConfig;
  /** Of the pack's manifest. */
  readonly digest: Digest;
  readonly chart: Descriptor;
  /** Size of the config in bytes. */
  readonly configBytes: number;
}

/**
 * Reads the pack that a manifest describes; `subject` names it. Throws PACK_UNREADABLE, DIGEST_MISMATCH, and what the
 * store throws.
 */
export async function readPack(
  store: Store,
  repository: string,
  manifest: Manifest,
  subject: string,
  signal: AbortSignal,
): Promise<Pack> {
  const { config, chart } = partsOf(manifest, subject);
  const bytes = await readConfig(store, repository, config, subject, signal);
  return {
    config: parseConfig(bytes, subject),
    digest: manifest.digest,
    chart,
    configBytes: bytes.byteLength,
  };
}

function partsOf(manifest: Manifest, subject: string): { config: Descriptor; chart: Descriptor } {
  const { artifactType, config, blobs } = parseManifest(manifest, subject);
  const chart = blobs[1];
  if (artifactType !== PACK_TYPE) throw invalid(subject, `its artifact type is ${artifactType ?? 'not set'}`);
  if (config?.mediaType !== PACK_CONFIG_TYPE)
    throw invalid(subject, `its config is ${config?.mediaType ?? 'missing'}`);
  if (config.size > MAX_PACK_CONFIG_BYTES)
    throw invalid(subject, `its config is larger than ${MAX_PACK_CONFIG_BYTES} bytes`);
  if (chart?.mediaType !== MediaType.helmChart) {
    throw invalid(
      subject,
      `its first layer is ${chart?.mediaType ?? 'missing'} where a Helm chart should be`,
    );
  }
  return { config, chart };
}

// The store may send anything: reading stops at the size that the manifest states.
async function readConfig(
  store: Store,
  repository: string,
  config: Descriptor,
  subject: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const reader = await store.readBlob(repository, config.digest, { signal });
  if (reader === undefined) throw invalid(subject, `its config ${config.digest} is not in the registry`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reader.stream) {
    size += chunk.byteLength;
    if (size > config.size) break;
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  checkDigest(config.digest, bytes, `config of ${subject}`);
  return bytes;
}

function parseConfig(bytes: Uint8Array, subject: string): PackConfig {
  const result = PackConfig.safeParse(parseJson(bytes, subject));
  if (!result.success) throw invalid(subject, z.prettifyError(result.error).replaceAll('\n', ' '));
  return result.data;
}

function parseJson(bytes: Uint8Array, subject: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid(subject, 'its config is not JSON');
  }
}

function invalid(subject: string, detail: string) {
  return platformError('PACK_UNREADABLE', { subject, detail });
}
