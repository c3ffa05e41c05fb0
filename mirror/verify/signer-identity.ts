import { bundleFromJSON } from '@sigstore/bundle';
import {
  PolicyError,
  type TrustMaterial,
  toSignedEntity,
  VerificationError,
  Verifier,
} from '@sigstore/verify';
import { bundleError } from '../../bundle/errors.ts';
import { readSignatures } from '../../bundle/signature.ts';
import type { Digest } from '../../content/digest.ts';
import { messageOf, type SkerryError } from '../../content/error.ts';
import type { CallOptions, Store } from '../../content/store.ts';
import { mirrorError } from '../errors.ts';
import { bundleOfSignature } from './cosign-signature.ts';
import { sigstoreBundles } from './sigstore-bundle.ts';

/** Whose signature is trusted: the subject of a certificate, and who vouched for it. */
export interface SignerIdentity {
  readonly identity?: string | undefined;
  /** A regular expression for the whole subject. */
  readonly identityMatch?: string | undefined;
  readonly issuer: string;
}

/** A signature that somebody with a certificate may have made; `payload` where the bundle has not got it. */
interface Candidate {
  readonly json: unknown;
  readonly payload?: Buffer | undefined;
}

/** Which failure is told where several signatures fail: the one that came furthest. */
const FURTHEST = ['MIRROR_IDENTITY_WRONG', 'SIGNATURE_INVALID', 'MIRROR_SIGNATURE_UNLOGGED'];

/**
 * Checks that a manifest is signed by this identity, with a certificate that was good when a log took the signature up;
 * one good signature among several is enough. Nobody is asked but the store.
 * Throws SIGNATURE_MISSING, SIGNATURE_INVALID, MIRROR_IDENTITY_WRONG, MIRROR_CERTIFICATE_INVALID, MIRROR_SIGNATURE_UNLOGGED.
 */
export async function verifyIdentity(
  store: Store,
  { repository, digest }: { readonly repository: string; readonly digest: Digest },
  { trusted, root }: { readonly trusted: SignerIdentity; readonly root: TrustMaterial },
  options: CallOptions,
): Promise<void> {
  const subject = `${repository}@${digest}`;
  const failures: SkerryError[] = [];
  for await (const candidate of candidates(store, repository, digest, options)) {
    const failure = failureOf(candidate, subject, trusted, root);
    if (failure === undefined) return;
    failures.push(failure);
  }
  const told = FURTHEST.map((code) => failures.find((failure) => failure.code === code));
  throw told.find((failure) => failure !== undefined) ?? failures[0] ?? missing(subject);
}

// A signature with a key is none by an identity: it is passed over, as if it were not there.
function missing(subject: string): SkerryError {
  return bundleError('SIGNATURE_MISSING', { subject, detail: 'none has a certificate' });
}

async function* candidates(
  store: Store,
  repository: string,
  digest: Digest,
  options: CallOptions,
): AsyncGenerator<Candidate> {
  for await (const signature of readSignatures(store, repository, digest, options)) {
    const json = signature.subject === digest ? bundleOfSignature(signature) : undefined;
    if (json !== undefined) yield { json, payload: signature.payload };
  }
  for await (const bundle of sigstoreBundles(store, repository, digest, options))
    if (bundle.hasCertificate) yield { json: bundle.json };
}

function failureOf(
  { json, payload }: Candidate,
  subject: string,
  trusted: SignerIdentity,
  root: TrustMaterial,
): SkerryError | undefined {
  try {
    const limits = { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 };
    const entity = toSignedEntity(bundleFromJSON(json), payload);
    const { identity } = new Verifier(root, limits).verify(entity);
    const signer = {
      subject: identity?.subjectAlternativeName,
      issuer: identity?.extensions?.issuer,
    };
    return isTrusted(signer, trusted) ? undefined : wrongIdentity(subject, signer, trusted);
  } catch (cause) {
    return asFailure(cause, subject);
  }
}

interface Signer {
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
}

function isTrusted(signer: Signer, { identity, identityMatch, issuer }: SignerIdentity): boolean {
  if (signer.issuer !== issuer || signer.subject === undefined) return false;
  if (identityMatch === undefined) return signer.subject === identity;
  return new RegExp(`^(?:${identityMatch})$`, 'u').test(signer.subject);
}

function wrongIdentity(subject: string, signer: Signer, { identity, identityMatch, issuer }: SignerIdentity) {
  const asked = identityMatch === undefined ? identity : `what ${identityMatch} fits`;
  const detail = `signed by ${signer.subject ?? 'nobody'}, for whom ${signer.issuer ?? 'nobody'} vouched; you trust ${asked}, for whom ${issuer} vouches`;
  return mirrorError('MIRROR_IDENTITY_WRONG', { subject, detail });
}

// Whatever a hostile signature makes the parsers throw is a signature that is not good.
function asFailure(cause: unknown, subject: string): SkerryError {
  const occurrence = { subject, detail: messageOf(cause), cause };
  const code = cause instanceof VerificationError || cause instanceof PolicyError ? String(cause.code) : '';
  if (code === 'CERTIFICATE_ERROR') return mirrorError('MIRROR_CERTIFICATE_INVALID', occurrence);
  if (code.startsWith('TLOG_') || code === 'TIMESTAMP_ERROR')
    return mirrorError('MIRROR_SIGNATURE_UNLOGGED', occurrence);
  return bundleError('SIGNATURE_INVALID', occurrence);
}
