import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { platformError } from '../../errors.ts';
import { isPair, type KeyPair, makeAuthority } from '../tls/certificate.ts';

/**
 * Authorities and signing keys of the hub, by number. All of them are trusted; one of each is used, so that agents can
 * learn of the next one before it is used, and the one before can go after that.
 */
export interface AuthoritySet {
  readonly authorities: ReadonlyMap<number, KeyPair>;
  /** Number of the authority that issues certificates. */
  readonly issuer: number;
  /** Private keys (PEM) that sign envelopes. */
  readonly signingKeys: ReadonlyMap<number, string>;
  /** Number of the key that signs. */
  readonly signer: number;
}

const TITLE = 'skerry-hub agents';

/** The first authority and signing key of a hub. */
export async function makeAuthoritySet(now: Date, days?: number): Promise<AuthoritySet> {
  const authorities = new Map([[1, await makeAuthority(now, TITLE, days)]]);
  return { authorities, issuer: 1, signingKeys: new Map([[1, makeSigningKey()]]), signer: 1 };
}

/** A further authority and signing key, trusted but not used yet. */
export async function addToSet(set: AuthoritySet, now: Date, days?: number): Promise<AuthoritySet> {
  const made = await makeAuthority(now, TITLE, days);
  const authorities = new Map(set.authorities).set(next(set.authorities), made);
  const signingKeys = new Map(set.signingKeys).set(next(set.signingKeys), makeSigningKey());
  return { ...set, authorities, signingKeys };
}

/** The latest of each is used from now on; agents must know them by then. */
export function useLatest(set: AuthoritySet): AuthoritySet {
  return { ...set, issuer: next(set.authorities) - 1, signer: next(set.signingKeys) - 1 };
}

/** What is not used is no longer trusted. */
export function dropUnused({ authorities, issuer, signingKeys, signer }: AuthoritySet): AuthoritySet {
  return {
    authorities: new Map([...authorities].filter(([number]) => number === issuer)),
    issuer,
    signingKeys: new Map([...signingKeys].filter(([number]) => number === signer)),
    signer,
  };
}

/** Reads the data of the Secret; undefined when it is empty. Throws AUTHORITY_UNREADABLE. */
export function readAuthoritySet(data: Readonly<Record<string, string>>, subject: string) {
  if (Object.keys(data).length === 0) return undefined;
  const numbers = (pattern: RegExp) =>
    Object.keys(data).flatMap((key) =>
      pattern.exec(key)?.[1] === undefined ? [] : [Number(pattern.exec(key)?.[1])],
    );
  const set: AuthoritySet = {
    authorities: new Map(
      numbers(/^ca-(\d{1,6})\.crt$/).map((number) => [
        number,
        { certificate: data[`ca-${number}.crt`] ?? '', key: data[`ca-${number}.key`] ?? '' },
      ]),
    ),
    issuer: Number(data.issuer),
    signingKeys: new Map(
      numbers(/^signing-(\d{1,6})\.key$/).map((number) => [number, data[`signing-${number}.key`] ?? '']),
    ),
    signer: Number(data.signer),
  };
  const problem = problemOf(set);
  if (problem !== undefined) throw platformError('AUTHORITY_UNREADABLE', { subject, detail: problem });
  return set;
}

/** As it stands in the Secret. */
export function writeAuthoritySet(set: AuthoritySet): Record<string, string> {
  const authorities = [...set.authorities].flatMap(([number, { certificate, key }]) => [
    [`ca-${number}.crt`, certificate],
    [`ca-${number}.key`, key],
  ]);
  const signingKeys = [...set.signingKeys].map(([number, key]) => [`signing-${number}.key`, key]);
  const used = [
    ['issuer', String(set.issuer)],
    ['signer', String(set.signer)],
  ];
  return Object.fromEntries([...authorities, ...signingKeys, ...used]);
}

function problemOf({ authorities, issuer, signingKeys, signer }: AuthoritySet): string | undefined {
  if (!authorities.has(issuer)) return `no authority ${issuer}`;
  if (!signingKeys.has(signer)) return `no signing key ${signer}`;
  const broken = [...authorities].find(([, pair]) => !isPair(pair));
  if (broken !== undefined) return `certificate and key of authority ${broken[0]} do not belong together`;
  const unreadable = [...signingKeys].find(([, key]) => !isPrivateKey(key));
  return unreadable === undefined ? undefined : `signing key ${unreadable[0]} cannot be read`;
}

function isPrivateKey(text: string): boolean {
  try {
    createPrivateKey(text);
    return true;
  } catch {
    return false;
  }
}

function makeSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function next(numbered: ReadonlyMap<number, unknown>): number {
  return Math.max(...numbered.keys()) + 1;
}
