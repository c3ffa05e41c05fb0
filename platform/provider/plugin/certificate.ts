import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { bits, boolean, integer, objectId, octets, sequence, set, tagged, text, utcTime } from './der.ts';

export interface PluginCertificate {
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  /** DER in base64 without padding, as the handshake has it. */
  readonly line: string;
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const DAY_MS = 86_400_000;

/**
 * A certificate for one run of a plugin: signed by itself, an authority, for `localhost`, as go-plugin's clients ask for
 * (AutoMTLS). Written here in DER (RFC 5280) and not by a library, since each command of the user waits for it.
 */
export function makeCertificate(now: Date): PluginCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(objectId('2.5.4.3'), text('localhost'))));
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const serial = randomBytes(16);
  // The first bit says the sign, and a first byte of zero would not be DER.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const contents = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    name,
    // A little earlier, for clocks that don't agree, and for as long as the longest apply.
    sequence(utcTime(new Date(now.getTime() - DAY_MS)), utcTime(new Date(now.getTime() + 30 * DAY_MS))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions())),
  );
  const signature = sign('sha256', contents, privateKey);
  const der = sequence(contents, algorithm, bits(signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
    line: der.toString('base64').replace(/=+$/, ''),
  };
}

function extensions(): Buffer[] {
  const extension = (id: string, isCritical: boolean, value: Buffer) =>
    sequence(objectId(id), ...(isCritical ? [boolean(true)] : []), octets(value));
  return [
    extension('2.5.29.19', true, sequence(boolean(true))),
    // digitalSignature and keyCertSign.
    extension('2.5.29.15', true, bits(Buffer.from([0x84]), 2)),
    // serverAuth and clientAuth.
    extension('2.5.29.37', false, sequence(objectId('1.3.6.1.5.5.7.3.1'), objectId('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.17', false, sequence(tagged(0x82, Buffer.from('localhost')))),
  ];
}
