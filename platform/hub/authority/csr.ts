import 'reflect-metadata';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { messageOf } from '../../../content/error.ts';
import { fingerprint } from '../../desired/fingerprint.ts';
import { platformError } from '../../errors.ts';

/** What the hub takes of a certificate request: its key alone. The subject is the hub's to say. */
export interface CsrKey {
  readonly publicKey: KeyObject;
  readonly key: string;
}

/** Reads a request in PEM and checks that its maker has its private key. Throws CSR_INVALID. */
export async function readCsr(pem: string): Promise<CsrKey> {
  const { request, publicKey } = parse(pem);
  const isP256 = publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (!isP256) throw invalid('its key is not of ECDSA P-256');
  const isOwn = await request.verify().catch(() => false);
  if (!isOwn) throw invalid('it is not signed by its own key');
  return { publicKey, key: fingerprint(publicKey) };
}

/** As readCsr, for an agent that has this key. Throws CSR_INVALID, CSR_KEY_WRONG. */
export async function readCsrOf(agent: { readonly key: string }, pem: string): Promise<CsrKey> {
  const csr = await readCsr(pem);
  if (csr.key === agent.key) return csr;
  throw platformError('CSR_KEY_WRONG', { subject: `key ${csr.key}`, detail: `the agent has ${agent.key}` });
}

function parse(pem: string) {
  try {
    const request = new Pkcs10CertificateRequest(pem);
    const spki = Buffer.from(request.publicKey.rawData);
    return { request, publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }) };
  } catch (cause) {
    throw invalid(messageOf(cause));
  }
}

function invalid(detail: string) {
  return platformError('CSR_INVALID', { subject: 'certificate request', detail });
}
