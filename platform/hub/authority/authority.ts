import { createHmac, createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { sign } from '../../desired/dsse.ts';
import type { HubDoor } from '../../desired/envelope.ts';
import { fingerprint } from '../../desired/fingerprint.ts';
import type { Signed } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import { isCurrent, isDue, type KeyPair, makeServing } from '../tls/certificate.ts';
import { type CertificateTerms, DEFAULT_TERMS } from '../tls/certificate-terms.ts';
import { type AgentSubject, issueAgentCertificate } from './agent-certificate.ts';
import {
  type AuthoritySecretOptions,
  changeAuthoritySecret,
  keepAuthoritySecret,
} from './authority-secret.ts';
import { type AuthoritySet, makeAuthoritySet } from './authority-set.ts';
import { beginRotation, endRotation, type LatestAuthority } from './rotation.ts';

/** What agents know the hub by: it makes their certificates and signs their envelopes. */
export class Authority {
  readonly #options: AuthoritySecretOptions;
  #set: AuthoritySet;
  #keys: KeyObject[];

  private constructor(options: AuthoritySecretOptions, set: AuthoritySet) {
    this.#options = options;
    this.#set = set;
    this.#keys = publicKeysOf(set);
  }

  /** Throws what keepAuthoritySecret throws. */
  static async open(options: AuthoritySecretOptions): Promise<Authority> {
    return new Authority(options, await keepAuthoritySecret(options));
  }

  /** Looks for authorities and keys that were added, put to use or dropped; says whether there were any. */
  async refresh(): Promise<boolean> {
    return this.#take(await keepAuthoritySecret(this.#options));
  }

  /** What is in use and trusted. Keep it to the hub: its keys are in it. */
  get set(): AuthoritySet {
    return this.#set;
  }

  /** Adds the authority and key that are to come next to the Secret, where there are none yet; `refresh` takes them. */
  async begin(): Promise<void> {
    const { now } = this.#options;
    const { authorityDays } = this.#terms;
    await changeAuthoritySecret(this.#options, async (set) =>
      set === undefined
        ? await makeAuthoritySet(now(), authorityDays)
        : await beginRotation(set, now(), authorityDays),
    );
  }

  /** Uses the latest in the Secret alone, if it is still the one that agents were seen to know; `refresh` takes it. */
  async end(known: LatestAuthority): Promise<void> {
    await changeAuthoritySecret(this.#options, async (set) => endRotation(set ?? this.#set, known));
  }

  /** Certificates (PEM) of all authorities that are trusted, the one in use first. */
  get certificates(): string[] {
    const { authorities, issuer } = this.#set;
    const sorted = [...authorities].sort(([a], [b]) => Number(b === issuer) - Number(a === issuer) || a - b);
    return sorted.map(([, { certificate }]) => certificate);
  }

  /** Public keys of all signatures that are trusted. */
  get keys(): readonly KeyObject[] {
    return this.#keys;
  }

  /** How agents reach and know this hub, as it stands in envelopes. */
  door(urls: readonly string[]): HubDoor {
    const keys = this.#keys.map((key) => key.export({ type: 'spki', format: 'pem' }).toString());
    return { urls: [...urls], authorities: this.certificates, keys };
  }

  /** Signs as the hub. */
  sign(payloadType: string, bytes: Uint8Array): Signed {
    const key = createPrivateKey(this.#set.signingKeys.get(this.#set.signer) ?? '');
    return sign(payloadType, bytes, key, fingerprint(key));
  }

  /** A keyed hash: the same for the same text, and of no use to those who don't have the hub's key. */
  mark(value: string): string {
    const key = this.#set.signingKeys.get(this.#set.signer) ?? '';
    return createHmac('sha256', key).update('mark').update(value).digest('base64url');
  }

  /** A certificate with key for the agents' door, reached by these DNS names and addresses. */
  async issueServer(names: readonly string[]): Promise<KeyPair> {
    return await makeServing(this.#issuer(), names, this.#options.now(), this.#terms.servingDays);
  }

  /** Whether a certificate (PEM) that it issued should be replaced by now. */
  isDue(certificate: string): boolean {
    return isDue(new X509Certificate(certificate), this.#options.now(), this.#terms.renewLeft);
  }

  /** Whether the authority in use nears its end, so that the next one is to take its place. */
  get isEnding(): boolean {
    const { certificate = '' } = this.#set.authorities.get(this.#set.issuer) ?? {};
    // Before its first day a clock is wrong, and nothing ends.
    const hasBegun = this.#options.now() >= new Date(new X509Certificate(certificate).validFrom);
    return hasBegun && this.isDue(certificate);
  }

  /** A certificate (PEM) for an agent's key. */
  async issueAgent(publicKey: KeyObject, subject: AgentSubject): Promise<string> {
    const { now } = this.#options;
    return await issueAgentCertificate(this.#issuer(), publicKey, subject, now(), this.#terms.agentDays);
  }

  #take(set: AuthoritySet): boolean {
    if (isDeepStrictEqual(set, this.#set)) return false;
    this.#set = set;
    this.#keys = publicKeysOf(set);
    return true;
  }

  get #terms(): CertificateTerms {
    return this.#options.terms ?? DEFAULT_TERMS;
  }

  // One that is over, or begins in the future by a clock that jumped, signs nothing that anybody could take: another that
  // is trusted does it, for as long as that is so.
  #issuer(): KeyPair {
    const { authorities, issuer } = this.#set;
    const now = this.#options.now();
    const isGood = ({ certificate }: KeyPair) => isCurrent(new X509Certificate(certificate), now);
    const chosen = authorities.get(issuer);
    if (chosen !== undefined && isGood(chosen)) return chosen;
    const others = [...authorities].sort(([a], [b]) => b - a).map(([, pair]) => pair);
    const found = others.find(isGood) ?? chosen;
    if (found !== undefined) return found;
    throw platformError('AUTHORITY_UNREADABLE', { subject: `authority ${issuer}` });
  }
}

function publicKeysOf({ signingKeys }: AuthoritySet): KeyObject[] {
  return [...signingKeys.values()].map((key) => createPublicKey(key));
}
