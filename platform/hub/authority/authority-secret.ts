import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { type CertificateTerms, DEFAULT_TERMS } from '../tls/certificate-terms.ts';
import { type AuthoritySet, makeAuthoritySet, readAuthoritySet, writeAuthoritySet } from './authority-set.ts';
import { renewSet } from './renewal.ts';

export interface AuthoritySecretOptions {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly namespace: string;
  readonly name: string;
  /** The time of day. */
  readonly now: () => Date;
  readonly terms?: CertificateTerms | undefined;
  readonly signal: AbortSignal;
}

const MAX_TRIES = 5;
const Data = z.record(z.string(), z.string());

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
  const { client, namespace, name, signal } = options;
  const subject = `Secret ${namespace}/${name}`;
  const reference = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const secret = await client.get(reference, { signal });
    if (secret === undefined) throw platformError('AUTHORITY_SECRET_MISSING', { subject });
    const stored = readAuthoritySet(dataOf(secret), subject);
    const wanted = await change(stored);
    if (wanted === stored || (await write(options, secret, wanted))) return wanted;
  }
  throw platformError('AUTHORITY_SECRET_CONTESTED', { subject });
}

// The object that was read carries its resourceVersion, so the API server refuses to overwrite a newer one.
async function write(
  { client, signal }: AuthoritySecretOptions,
  secret: KubeObject,
  wanted: AuthoritySet,
): Promise<boolean> {
  const entries = Object.entries(writeAuthoritySet(wanted));
  const data = Object.fromEntries(entries.map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
  try {
    await client.replace({ ...secret, data }, { signal });
    return true;
  } catch (error) {
    if (isSkerryError(error, 'OBJECT_CHANGED')) return false;
    throw error;
  }
}

function dataOf({ data }: KubeObject): Record<string, string> {
  const entries = Object.entries(Data.safeParse(data ?? {}).data ?? {});
  return Object.fromEntries(entries.map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
}
