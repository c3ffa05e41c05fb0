import { X509Certificate } from 'node:crypto';
import { isCurrent, isDue } from '../tls/certificate.ts';
import type { CertificateTerms } from '../tls/certificate-terms.ts';
import { type AuthoritySet, addToSet } from './authority-set.ts';

/**
 * A set with a next authority and key where the latest nears its end: agents learn of it for years before it has to be
 * used. What a clock that was ahead has made and nobody uses goes again when it is right. The same set where nothing is
 * to be done.
 */
export async function renewSet(
  set: AuthoritySet,
  now: Date,
  { authorityDays, renewLeft }: CertificateTerms,
): Promise<AuthoritySet> {
  const kept = withoutUnborn(set, now);
  const latest = kept.authorities.get(Math.max(...kept.authorities.keys()));
  const isFine = latest !== undefined && !isDue(new X509Certificate(latest.certificate), now, renewLeft);
  return isFine ? kept : await addToSet(kept, now, authorityDays);
}

/** Without those that are to come next and are not good now, and the keys that came with them. */
function withoutUnborn(set: AuthoritySet, now: Date): AuthoritySet {
  const { authorities, issuer, signingKeys, signer } = set;
  const isUnborn = ([number, { certificate }]: readonly [number, { readonly certificate: string }]) =>
    number > issuer && !isCurrent(new X509Certificate(certificate), now);
  if (![...authorities].some(isUnborn)) return set;
  const left = new Map([...authorities].filter((entry) => !isUnborn(entry)));
  const hasNext = Math.max(...left.keys()) > issuer;
  return {
    ...set,
    authorities: left,
    signingKeys: hasNext ? signingKeys : new Map([...signingKeys].filter(([number]) => number <= signer)),
  };
}
