import 'reflect-metadata';
import { type KeyObject, X509Certificate } from 'node:crypto';
import { ExtendedKeyUsage } from '@peculiar/x509';
import { fingerprint } from '../../desired/fingerprint.ts';
import type { AgentIdentity } from '../door/ports.ts';
import { endOf, issueCertificate, type KeyPair, verifying } from '../tls/certificate.ts';

export interface AgentSubject {
  readonly project: string;
  readonly name: string;
  /** UID of the cluster's kube-system namespace. */
  readonly id: string;
}

/** A client certificate (PEM) for the agent of a cluster; the subject is ours, only the key is the agent's. */
export async function issueAgentCertificate(
  authority: KeyPair,
  publicKey: KeyObject,
  { project, name, id }: AgentSubject,
  now: Date,
  days: number,
): Promise<string> {
  const holder = {
    subject: [{ CN: [id] }],
    publicKey: verifying(publicKey),
    usage: ExtendedKeyUsage.clientAuth,
    names: [{ type: 'url' as const, value: `skerry://${project}/${name}` }],
  };
  return await issueCertificate(authority, holder, now, days);
}

export type Identified =
  | { readonly identity: AgentIdentity; readonly until: Date }
  | { readonly refused: 'unknown' | 'expired' };

/** Whose certificate this is, if one of the authorities (PEM) made it for an agent. */
export function identifyAgent(
  certificate: X509Certificate,
  authorities: readonly string[],
  now: Date,
): Identified {
  const isOurs = authorities.some((text) => isIssuedBy(certificate, new X509Certificate(text)));
  const [, project, name] =
    /^URI:skerry:\/\/([a-z0-9-]{1,63})\/([a-z0-9.-]{1,63})$/.exec(certificate.subjectAltName ?? '') ?? [];
  const isForClients = certificate.keyUsage?.includes(CLIENT_AUTH) ?? false;
  if (!isOurs || !isForClients || project === undefined || name === undefined) return { refused: 'unknown' };
  const isNow = now.getTime() <= endOf(certificate) && now.getTime() >= Date.parse(certificate.validFrom);
  if (!isNow) return { refused: 'expired' };
  const { publicKey } = certificate;
  return {
    identity: { project, name, key: fingerprint(publicKey), publicKey },
    until: new Date(endOf(certificate)),
  };
}

/** id-kp-clientAuth; Node gives the extended key usages as `keyUsage`. */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}
