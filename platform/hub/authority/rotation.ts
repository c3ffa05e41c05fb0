import { createPublicKey, X509Certificate } from 'node:crypto';
import type { HubDoor } from '../../desired/envelope.ts';
import { fingerprint } from '../../desired/fingerprint.ts';
import { type AuthoritySet, addToSet, dropUnused, useLatest } from './authority-set.ts';

/** What agents must know before it may be used alone: the latest authority (PEM) and signing key (PEM, public). */
export interface LatestAuthority {
  readonly certificate: string;
  readonly key: string;
}

/** One authority or signing key of a set, without its secret. */
export interface AuthorityPart {
  readonly number: number;
  readonly fingerprint: string;
  /** `next`: agents learn of it. `old`: trusted, and used no more. */
  readonly use: 'current' | 'next' | 'old';
}

/** Whether a change from one authority to the next has begun and is not over. */
export function isRotating({ authorities, signingKeys }: AuthoritySet): boolean {
  return authorities.size > 1 || signingKeys.size > 1;
}

/** Begins to rotate: a further authority and key that envelopes name from now on. One that has begun stays as it is. */
export async function beginRotation(set: AuthoritySet, now: Date, days?: number): Promise<AuthoritySet> {
  return isRotating(set) ? set : await addToSet(set, now, days);
}

/** Ends it: the latest is used, and everything else is no longer trusted. Only for what agents were seen to know. */
export function endRotation(set: AuthoritySet, known: LatestAuthority): AuthoritySet {
  const { certificate, key } = latestOf(set);
  const isKnown = certificate === known.certificate && key === known.key;
  return isKnown && isRotating(set) ? dropUnused(useLatest(set)) : set;
}

export function latestOf({ authorities, signingKeys }: AuthoritySet): LatestAuthority {
  const certificate = authorities.get(Math.max(...authorities.keys()))?.certificate ?? '';
  const key = publicPem(signingKeys.get(Math.max(...signingKeys.keys())) ?? '');
  return { certificate, key };
}

/** Whether who holds an envelope with this door goes on when everything but the latest is gone. */
export function knowsLatest({ authorities, keys }: HubDoor, { certificate, key }: LatestAuthority): boolean {
  return authorities.includes(certificate) && keys.includes(key);
}

/** The authorities of a set, the oldest first. */
export function authoritiesOf({ authorities, issuer }: AuthoritySet): (AuthorityPart & { until: string })[] {
  return [...authorities].sort(byNumber).map(([number, { certificate }]) => {
    const { fingerprint256, validTo } = new X509Certificate(certificate);
    const until = new Date(validTo).toISOString();
    return { number, fingerprint: `SHA256:${fingerprint256}`, until, use: useOf(number, issuer) };
  });
}

/** The signing keys of a set, the oldest first. */
export function signingKeysOf({ signingKeys, signer }: AuthoritySet): AuthorityPart[] {
  return [...signingKeys].sort(byNumber).map(([number, key]) => ({
    number,
    fingerprint: fingerprint(createPublicKey(key)),
    use: useOf(number, signer),
  }));
}

function useOf(number: number, used: number): AuthorityPart['use'] {
  return number === used ? 'current' : number > used ? 'next' : 'old';
}

function byNumber([a]: readonly [number, unknown], [b]: readonly [number, unknown]): number {
  return a - b;
}

/** As Authority.door writes it. */
function publicPem(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
}
