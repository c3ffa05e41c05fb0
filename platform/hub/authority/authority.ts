import { createHmac, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { sign } from '../../desired/dsse.ts';
import type { HubDoor } from '../../desired/envelope.ts';
import { fingerprint } from '../../desired/fingerprint.ts';
import type { Signed } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import { type KeyPair, makeServing } from '../tls/certificate.ts';
import { type AgentSubject, issueAgentCertificate } from './agent-certificate.ts';
import {
  type AuthoritySecretOptions,
  changeAuthoritySecret,
  keepAuthoritySecret,
} from './authority-secret.ts';
import { type AuthoritySet, makeAuthoritySet } from './authority-set.ts';
import { beginRotation, endRotation, type LatestAuthority } from './rotation.ts';

/** So long an agent's certificate is good; it asks for the next one after a third of that. */
const AGENT_DAYS = 365;

export interface AuthorityOptions extends AuthoritySecretOptions {
  readonly agentDays?: number | undefined;
}

/** What agents know the hub by: it makes their certificates and signs their envelopes. */
export class Authority {
  readonly #options: AuthorityOptions;
  #set: AuthoritySet;
  #keys: KeyObject[];

  private constructor(options: AuthorityOptions, set: AuthoritySet) {
    this.#options = options;
    this.#set = set;
    this.#keys = publicKeysOf(set);
  }

  /** Throws what keepAuthoritySecret throws. */
  static async open(options: AuthorityOptions): Promise<Authority> {
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
    await changeAuthoritySecret(this.#options, async (set) =>
      set === undefined ? await makeAuthoritySet(now()) : await beginRotation(set, now()),
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
    return await makeServing(this.#issuer(), names, this.#options.now());
  }

  /** A certificate (PEM) for an agent's key. */
  async issueAgent(publicKey: KeyObject, subject: AgentSubject): Promise<string> {
    const { now, agentDays = AGENT_DAYS } = this.#options;
    return await issueAgentCertificate(this.#issuer(), publicKey, subject, now(), agentDays);
  }

  #take(set: AuthoritySet): boolean {
    if (isDeepStrictEqual(set, this.#set)) return false;
    this.#set = set;
    this.#keys = publicKeysOf(set);
    return true;
  }

  #issuer(): KeyPair {
    const issuer = this.#set.authorities.get(this.#set.issuer);
    if (issuer !== undefined) return issuer;
    throw platformError('AUTHORITY_UNREADABLE', { subject: `authority ${this.#set.issuer}` });
  }
}

function publicKeysOf({ signingKeys }: AuthoritySet): KeyObject[] {
  return [...signingKeys.values()].map((key) => createPublicKey(key));
}
