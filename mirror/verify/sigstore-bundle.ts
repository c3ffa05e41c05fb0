import { z } from 'zod';
import type { PublicKey } from '../../bundle/key.ts';
import { readSmallBlob } from '../../content/bytes/small-blob.ts';
import { algorithmOf, type Digest, hexOf } from '../../content/digest.ts';
import { tryJson } from '../../content/json.ts';
import { parseManifest } from '../../content/manifest.ts';
import type { CallOptions, Store } from '../../content/store.ts';

/** Sigstore's bundle (sigstore/protobuf-specs, sigstore_bundle.proto), which cosign keeps as a referrer. */
const BUNDLE_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v[\d.]+\+json|\+json;version=[\d.]+)$/;
/** What a signature says; other predicates are attestations, which say more than that somebody signed. */
const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1';
const IN_TOTO = 'application/vnd.in-toto+json';
const MAX_BYTES = 1024 * 1024;
const MAX_BUNDLES = 100;

const BundleJson = z.looseObject({
  verificationMaterial: z
    .looseObject({ certificate: z.unknown().optional(), x509CertificateChain: z.unknown().optional() })
    .optional(),
  dsseEnvelope: z.looseObject({
    payload: z.base64(),
    payloadType: z.string(),
    signatures: z
      .array(z.looseObject({ sig: z.base64() }))
      .min(1)
      .max(10),
  }),
});
const Statement = z.looseObject({
  predicateType: z.string(),
  subject: z.array(z.looseObject({ digest: z.record(z.string(), z.string()) })).max(1000),
});

export interface SigstoreBundle {
  /** The JSON as it is kept. */
  readonly json: unknown;
  readonly payload: Buffer;
  readonly payloadType: string;
  readonly signatures: readonly Buffer[];
  /** Signed by somebody with a certificate, and not with a key that is known otherwise. */
  readonly hasCertificate: boolean;
}

/** Bundles among the referrers of a manifest that state a signature of it. None of them is verified yet. */
export async function* sigstoreBundles(
  store: Store,
  repository: string,
  digest: Digest,
  options: CallOptions,
): AsyncGenerator<SigstoreBundle> {
  const referrers = await store.listReferrers(repository, digest, options);
  const kept = referrers.filter(({ artifactType = '' }) => BUNDLE_TYPE.test(artifactType));
  for (const referrer of kept.slice(0, MAX_BUNDLES)) {
    const manifest = await store.readManifest(repository, referrer.digest, options);
    if (manifest === undefined) continue;
    const { blobs } = parseManifest(manifest, `${repository}@${referrer.digest}`);
    const layer = blobs.find(({ mediaType, size }) => BUNDLE_TYPE.test(mediaType) && size <= MAX_BYTES);
    if (layer === undefined) continue;
    const json = tryJson((await readSmallBlob(store, repository, layer, options)).toString());
    const bundle = BundleJson.safeParse(json);
    if (!bundle.success) continue;
    const { verificationMaterial: material, dsseEnvelope } = bundle.data;
    const { payload, payloadType, signatures } = dsseEnvelope;
    const bytes = Buffer.from(payload, 'base64');
    if (payloadType !== IN_TOTO || !isAbout(bytes, digest)) continue;
    yield {
      json,
      payload: bytes,
      payloadType,
      signatures: signatures.map(({ sig }) => Buffer.from(sig, 'base64')),
      hasCertificate: (material?.certificate ?? material?.x509CertificateChain) !== undefined,
    };
  }
}

/** Whether one of the bundle's signatures is by this key. */
export function isSignedBy({ payload, payloadType, signatures }: SigstoreBundle, key: PublicKey): boolean {
  const signed = preAuthEncoding(payloadType, payload);
  return signatures.some((signature) => key.verify(signed, signature));
}

function isAbout(payload: Buffer, digest: Digest): boolean {
  const statement = Statement.safeParse(tryJson(payload.toString())).data;
  if (statement?.predicateType !== SIGN_PREDICATE) return false;
  return statement.subject.some((subject) => subject.digest[algorithmOf(digest)] === hexOf(digest));
}

/** What a DSSE envelope signs (secure-systems-lab/dsse, protocol.md). */
function preAuthEncoding(type: string, payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(head), payload]);
}
