import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { FoundSignature } from '../../bundle/signature.ts';
import { digestOf, hexOf } from '../../content/digest.ts';
import { tryJson } from '../../content/json.ts';

/** What cosign writes beside a signature without a key (sigstore/cosign, SIGNATURE_SPEC.md). */
const CERTIFICATE = 'dev.sigstore.cosign/certificate';
const LOG_ENTRY = 'dev.sigstore.cosign/bundle';
const TIMESTAMP = 'dev.sigstore.cosign/rfc3161timestamp';
/** The oldest form of a bundle: the only one without a proof of inclusion, which cosign does not keep. */
const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle+json;version=0.1';

const LogEntry = z.looseObject({
  SignedEntryTimestamp: z.base64(),
  Payload: z.looseObject({
    body: z.base64(),
    integratedTime: z.int(),
    logIndex: z.int(),
    logID: z.hex(),
  }),
});
const LogBody = z.looseObject({ kind: z.string(), apiVersion: z.string() });
const Timestamp = z.looseObject({ SignedRFC3161Timestamp: z.base64() });

/** The same signature as a bundle of Sigstore, in JSON; undefined for one without a certificate. None of it is verified. */
export function bundleOfSignature({ payload, signature, annotations }: FoundSignature): unknown {
  const certificate = derOf(annotations[CERTIFICATE]);
  if (certificate === undefined) return undefined;
  const digest = Buffer.from(hexOf(digestOf(payload)), 'hex').toString('base64');
  return {
    mediaType: BUNDLE_TYPE,
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes: certificate.toString('base64') }] },
      tlogEntries: logEntries(annotations[LOG_ENTRY]),
      timestampVerificationData: { rfc3161Timestamps: timestamps(annotations[TIMESTAMP]) },
    },
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest },
      signature: signature.toString('base64'),
    },
  };
}

function derOf(pem: string | undefined): Buffer | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem).raw;
  } catch {
    return undefined;
  }
}

function logEntries(text: string | undefined): unknown[] {
  const entry = LogEntry.safeParse(tryJson(text ?? '')).data;
  if (entry === undefined) return [];
  const { body, integratedTime, logIndex, logID } = entry.Payload;
  const kind = LogBody.safeParse(tryJson(Buffer.from(body, 'base64').toString())).data;
  return [
    {
      logIndex: String(logIndex),
      logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
      kindVersion: { kind: kind?.kind ?? '', version: kind?.apiVersion ?? '' },
      integratedTime: String(integratedTime),
      inclusionPromise: { signedEntryTimestamp: entry.SignedEntryTimestamp },
      canonicalizedBody: body,
    },
  ];
}

function timestamps(text: string | undefined): unknown[] {
  const stamp = Timestamp.safeParse(tryJson(text ?? '')).data;
  return stamp === undefined ? [] : [{ signedTimestamp: stamp.SignedRFC3161Timestamp }];
}
