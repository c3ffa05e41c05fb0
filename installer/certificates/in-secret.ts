import { X509Certificate } from 'node:crypto';
import { objectAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import type { Certificate } from './certificate.ts';
import { type Kept, keptAt, keptByOthers } from './keepers.ts';

/** What a Secret holds of what ends, or is known to be the platform's. Nothing of its content goes into the result. */
export function certificatesIn(secret: KubeObject): Certificate[] {
  const { name, namespace = '', annotations = {} } = secret.metadata;
  const data = objectAt(secret, 'data') ?? {};
  return Object.keys(data)
    .sort()
    .flatMap((key) => {
      const known = keptAt(name, key);
      const where = `Secret ${namespace}/${name}, ${key}`;
      const text = Buffer.from(textAt(data, key) ?? '', 'base64').toString('latin1');
      const certificate = readCertificate(text);
      if (certificate !== undefined)
        return [withDates(known ?? others(name, annotations), where, certificate, isOthers(data, key))];
      if (known === undefined || text === '' || known.renewLeft !== undefined) return [];
      const from = secret.metadata.creationTimestamp;
      return [{ name: known.name, kind: known.kind, where, from, renewedBy: known.renewedBy }];
    });
}

function withDates(kept: Kept, where: string, certificate: X509Certificate, isForeign: boolean): Certificate {
  const { name, kind, renewedBy, renewLeft } = kept;
  const from = certificate.validFromDate;
  const until = certificate.validToDate;
  const dates = { from: from.toISOString(), until: until.toISOString() };
  const foreign = { renewedBy: 'whoever put it there: the hub only reads it' };
  const share = isForeign ? undefined : renewLeft;
  const renewed = until.getTime() - (until.getTime() - from.getTime()) * (share ?? 0);
  return {
    name,
    kind: certificate.ca ? 'authority' : kind,
    where,
    ...dates,
    renewedBy,
    ...(share === undefined ? {} : { renewedFrom: new Date(renewed).toISOString() }),
    ...(isForeign && renewLeft !== undefined ? foreign : {}),
  };
}

// A certificate without its authority's key was put there by somebody else.
function isOthers(data: Readonly<Record<string, unknown>>, key: string): boolean {
  return /^(tls|ca)\.crt$/.test(key) && 'tls.key' in data && !('ca.key' in data) && !('sealing.jwk' in data);
}

function others(secret: string, annotations: Readonly<Record<string, string>>): Kept {
  const issuer = annotations['cert-manager.io/certificate-name'];
  const kept = keptByOthers(secret);
  return issuer === undefined ? kept : { ...kept, renewedBy: `cert-manager, as Certificate ${issuer}` };
}

function readCertificate(text: string): X509Certificate | undefined {
  if (!text.includes('-----BEGIN CERTIFICATE-----')) return undefined;
  try {
    return new X509Certificate(text.slice(text.indexOf('-----BEGIN CERTIFICATE-----')));
  } catch {
    return undefined;
  }
}
