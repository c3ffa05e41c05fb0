import { readSmallBlob } from '../../content/bytes/small-blob.ts';
import { cosignTag } from '../../content/companion-tag.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { digestOf } from '../../content/digest.ts';
import { descriptorOf, manifestOf, parseManifest } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { CallOptions, Manifest, Store } from '../../content/store.ts';
import type { MemoryStore } from '../../content/stores/memory.ts';
import { bundleError } from '../errors.ts';
import type { PublicKey } from '../key.ts';
import type { ReleaseAddress } from '../locked-release.ts';
import { openEnvelope } from './envelope.ts';
import { parseUpgradeProof, UPGRADE_PROOF_TYPE, type UpgradeProof } from './upgrade-proof.ts';

/** The media type of a sealed statement, and of the artifact that holds them. */
const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json';
const PREDICATE = 'predicateType';
/** Nothing of this is trusted yet: more than an honest maker writes is not looked at. */
const MAX_ENVELOPE_BYTES = 1024 * 1024;
const MAX_STATEMENTS = 100;

/**
 * Puts sealed statements beside a release: one artifact that refers to it, under the tag where `cosign
 * verify-attestation --key` looks as well.
 */
export async function putStatements(
  store: MemoryStore,
  address: ReleaseAddress,
  release: Manifest,
  envelopes: readonly Uint8Array[],
): Promise<Manifest> {
  const layers = envelopes.map((bytes) => ({
    ...store.putBlob({ mediaType: ENVELOPE_TYPE, digest: digestOf(bytes), size: bytes.byteLength }, bytes),
    // cosign wants the annotation, and an envelope holds its own signatures.
    annotations: { 'dev.cosignproject.cosign/signature': '', [PREDICATE]: UPGRADE_PROOF_TYPE },
  }));
  const config = Buffer.from(
    JSON.stringify({
      architecture: '',
      config: {},
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }),
  );
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: ENVELOPE_TYPE,
    config: store.putBlob(
      { mediaType: MediaType.config, digest: digestOf(config), size: config.byteLength },
      config,
    ),
    layers,
    subject: descriptorOf(release),
  });
  await store.writeManifest(address.repository, statementTag(address), manifest);
  return manifest;
}

/** The tag under which the statements about a release are. */
export function statementTag({ digest }: ReleaseAddress): string {
  return cosignTag(digest, 'att');
}

export interface FoundStatement {
  readonly proof: UpgradeProof;
  /** As it was sealed. */
  readonly envelope: Buffer;
}

/**
 * Every statement beside a release, each signed by the key and about this release; none where there are none.
 * Throws STATEMENT_INVALID.
 */
export async function readStatements(
  store: Store,
  address: ReleaseAddress,
  key: PublicKey,
  options: CallOptions = {},
): Promise<FoundStatement[]> {
  const manifest = await store.readManifest(address.repository, statementTag(address), options);
  if (manifest === undefined) return [];
  const subject = `${address.repository}:${statementTag(address)}`;
  const { blobs, config } = parseManifest(manifest, subject);
  const layers = blobs.filter(({ digest }) => digest !== config?.digest);
  if (layers.length > MAX_STATEMENTS)
    throw bundleError('STATEMENT_INVALID', { subject, detail: `${layers.length} statements` });
  const found: FoundStatement[] = [];
  for (const layer of layers)
    found.push(await readStatement(store, { layer, address, key, subject }, options));
  return found;
}

async function readStatement(
  store: Store,
  {
    layer,
    address,
    key,
    subject,
  }: { layer: Descriptor; address: ReleaseAddress; key: PublicKey; subject: string },
  options: CallOptions,
): Promise<FoundStatement> {
  if (layer.mediaType !== ENVELOPE_TYPE || layer.size > MAX_ENVELOPE_BYTES)
    throw bundleError('STATEMENT_INVALID', { subject, detail: `${layer.size} bytes of ${layer.mediaType}` });
  const envelope = await readSmallBlob(store, address.repository, layer, options);
  const payload = openEnvelope(envelope, key);
  if (payload === undefined)
    throw bundleError('STATEMENT_INVALID', { subject, detail: `not signed by ${key.fingerprint}` });
  const proof = parseUpgradeProof(payload, address.digest);
  if (proof === undefined)
    throw bundleError('STATEMENT_INVALID', { subject, detail: 'it is not about this release' });
  return { proof, envelope };
}
