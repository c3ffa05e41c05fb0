import { changeKeptSecret, type KeptSecret, subjectOf } from '../kept-secret.ts';
import { type CertificateTerms, DEFAULT_TERMS } from '../tls/certificate-terms.ts';
import { type AuthoritySet, makeAuthoritySet, readAuthoritySet, writeAuthoritySet } from './authority-set.ts';
import { renewSet } from './renewal.ts';

export interface AuthoritySecretOptions extends KeptSecret {
  /** The time of day. */
  readonly now: () => Date;
  readonly terms?: CertificateTerms | undefined;
}

const TROUBLES = { missing: 'AUTHORITY_SECRET_MISSING', contested: 'AUTHORITY_SECRET_CONTESTED' } as const;

/**
 * The hub's authorities from their Secret, made and stored there first where it is empty; the next one is made well before
 * the latest ends. Several hubs may do this at once: the first to write wins and the others take what it wrote. Throws AUTHORITY_SECRET_MISSING,
 * AUTHORITY_SECRET_CONTESTED, AUTHORITY_UNREADABLE and the CLUSTER_ codes.
 */
export async function keepAuthoritySecret(options: AuthoritySecretOptions): Promise<AuthoritySet> {
  const { now, terms = DEFAULT_TERMS } = options;
  return await changeAuthoritySecret(options, async (set) =>
    set === undefined
      ? await makeAuthoritySet(now(), terms.authorityDays)
      : await renewSet(set, now(), terms),
  );
}

/** Changes the authorities in their Secret; a change that returns what it was given writes nothing. */
export async function changeAuthoritySecret(
  options: AuthoritySecretOptions,
  change: (set: AuthoritySet | undefined) => Promise<AuthoritySet>,
): Promise<AuthoritySet> {
  const subject = subjectOf(options);
  return await changeKeptSecret(options, TROUBLES, async (texts) => {
    const stored = readAuthoritySet(Object.fromEntries(texts), subject);
    const wanted = await change(stored);
    return {
      texts: wanted === stored ? texts : new Map(Object.entries(writeAuthoritySet(wanted))),
      value: wanted,
    };
  });
}
