import { z } from 'zod';
import { readSmallBlob } from '../content/bytes/small-blob.ts';
import { cosignTag } from '../content/companion-tag.ts';
import { COSIGN_SIGNATURE_TYPE, KEY_FINGERPRINT } from '../content/cosign-signature.ts';
import { type Digest, digestOf } from '../content/digest.ts';
import { tryJson } from '../content/json.ts';
import { manifestOf, parseManifest } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import type { CallOptions, Manifest, Store } from '../content/store.ts';
import type { MemoryStore } from '../content/stores/memory.ts';
import { bundleError } from './errors.ts';
import type { PublicKey, SigningKey } from './key.ts';

/** What cosign signs: a statement that names a manifest by digest (sigstore's SIGNATURE_SPEC.md, "simple signing"). */
const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SIGNATURE = 'dev.cosignproject.cosign/signature';
const FINGERPRINT_GRAMMAR = /^SHA256:[A-Za-z0-9+/]{43}$/;
/** Nothing of this is trusted yet: more than an honest maker writes is not looked at. */
const MAX_PAYLOAD_BYTES = 64 * 1024;
const MAX_SIGNATURES = 100;

const Payload = z.looseObject({
  critical: z.looseObject({ image: z.looseObject({ 'docker-manifest-digest': z.string() }) }),
});

/** Signs a manifest and puts the signature beside it, where `cosign verify --key` finds it. */
export async function signManifest(
  store: MemoryStore,
  repository: string,
  digest: Digest,
  key: SigningKey,
): Promise<Manifest> {
  const payload = Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': repository },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
  const config = Buffer.from(
    JSON.stringify({
      architecture: '',
      config: {},
      os: '',
      rootfs: { type: 'layers', diff_ids: [digestOf(payload)] },
    }),
  );
  const signature = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: store.putBlob(
      { mediaType: MediaType.config, digest: digestOf(config), size: config.byteLength },
      config,
    ),
    layers: [
      {
        ...store.putBlob(
          { mediaType: PAYLOAD_TYPE, digest: digestOf(payload), size: payload.byteLength },
          payload,
        ),
        annotations: {
          [SIGNATURE]: key.sign(payload).toString('base64'),
          [KEY_FINGERPRINT]: key.publicKey.fingerprint,
        },
      },
    ],
  });
  await store.writeManifest(repository, cosignTag(digest, 'sig'), signature);
  return signature;
}

/**
 * Checks that a manifest carries a signature by the trusted key; one good one among several is enough.
 * Throws SIGNATURE_MISSING, SIGNATURE_WRONG_KEY, SIGNATURE_INVALID.
 */
export async function verifySignature(
  store: Store,
  repository: string,
  digest: Digest,
  key: PublicKey,
  options: CallOptions = {},
): Promise<void> {
  const subject = `${repository}@${digest}`;
  const signers: string[] = [];
  for await (const { payload, subject: named, signature, signer } of readSignatures(
    store,
    repository,
    digest,
    options,
  )) {
    if (named === digest && key.verify(payload, signature)) return;
    signers.push(signer);
  }
  if (signers.length === 0) throw bundleError('SIGNATURE_MISSING', { subject });
  if (signers.includes(key.fingerprint))
    throw bundleError('SIGNATURE_INVALID', { subject, detail: `trusted key ${key.fingerprint}` });
  const detail = `signed with ${[...new Set(signers)].join(', ')}; you trust ${key.fingerprint}`;
  throw bundleError('SIGNATURE_WRONG_KEY', { subject, detail });
}

/** A statement beside a manifest, and what is said to be its signature. None of it is verified yet. */
export interface FoundSignature {
  readonly payload: Buffer;
  /** The digest that the statement names. */
  readonly subject: string | undefined;
  readonly signature: Buffer;
  /** Fingerprint of the key, where it is told. */
  readonly signer: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** All statements that cosign has put beside a manifest, but for bundles of Sigstore. */
export async function* readSignatures(
  store: Store,
  repository: string,
  digest: Digest,
  options: CallOptions,
): AsyncGenerator<FoundSignature> {
  for await (const manifest of signatureManifests(store, repository, digest, options))
    yield* signaturesIn(store, repository, manifest, options);
}

// cosign keeps signatures under a tag or, with --registry-referrers-mode=oci-1-1, as referrers.
async function* signatureManifests(store: Store, repository: string, digest: Digest, options: CallOptions) {
  const tagged = await store.readManifest(repository, cosignTag(digest, 'sig'), options);
  if (tagged !== undefined) yield tagged;
  const referrers = await store.listReferrers(repository, digest, options);
  for (const referrer of referrers.filter(({ artifactType }) => artifactType === COSIGN_SIGNATURE_TYPE)) {
    const manifest = await store.readManifest(repository, referrer.digest, options);
    if (manifest !== undefined) yield manifest;
  }
}

async function* signaturesIn(
  store: Store,
  repository: string,
  manifest: Manifest,
  options: CallOptions,
): AsyncGenerator<FoundSignature> {
  const { blobs } = parseManifest(manifest, `${repository}@${manifest.digest}`);
  const statements = blobs.filter(
    ({ mediaType, size }) => mediaType === PAYLOAD_TYPE && size <= MAX_PAYLOAD_BYTES,
  );
  for (const layer of statements.slice(0, MAX_SIGNATURES)) {
    const signature = layer.annotations?.[SIGNATURE];
    if (signature === undefined) continue;
    const claimed = layer.annotations?.[KEY_FINGERPRINT] ?? '';
    const payload = await readSmallBlob(store, repository, layer, options);
    const statement = Payload.safeParse(tryJson(payload.toString())).data;
    yield {
      payload,
      subject: statement?.critical.image['docker-manifest-digest'],
      annotations: layer.annotations ?? {},
      signature: Buffer.from(signature, 'base64'),
      signer: FINGERPRINT_GRAMMAR.test(claimed) ? claimed : 'an unnamed key',
    };
  }
}
