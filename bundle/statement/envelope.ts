import { z } from 'zod';
import { tryJson } from '../../content/json.ts';
import type { PublicKey, SigningKey } from '../key.ts';

/** What is signed in an envelope: an in-toto statement (in-toto attestation framework, "Envelope layer"). */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

const Base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

const Envelope = z.object({
  payloadType: z.string(),
  payload: Base64,
  signatures: z
    .array(z.object({ keyid: z.string().optional(), sig: Base64 }))
    .min(1)
    .max(20),
});
type Envelope = z.infer<typeof Envelope>;

/** Signs bytes as DSSE wants it (secure-systems-lab/dsse, protocol.md); gives the envelope's JSON. */
export function sealEnvelope(payload: Uint8Array, key: SigningKey): Buffer {
  const envelope: Envelope = {
    payloadType: PAYLOAD_TYPE,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [
      {
        keyid: key.publicKey.fingerprint,
        sig: key.sign(preAuthentication(PAYLOAD_TYPE, payload)).toString('base64'),
      },
    ],
  };
  return Buffer.from(JSON.stringify(envelope));
}

/**
 * The bytes in an envelope, if it is one of a statement and the key has signed it. What its `keyid` says is a hint that
 * nobody has signed, so every signature is tried.
 */
export function openEnvelope(bytes: Uint8Array, key: PublicKey): Buffer | undefined {
  const { data } = Envelope.safeParse(tryJson(Buffer.from(bytes).toString('utf8')));
  if (data === undefined || data.payloadType !== PAYLOAD_TYPE) return undefined;
  const payload = Buffer.from(data.payload, 'base64');
  const signed = preAuthentication(data.payloadType, payload);
  const isSigned = data.signatures.some(({ sig }) => key.verify(signed, Buffer.from(sig, 'base64')));
  return isSigned ? payload : undefined;
}

/** Type and payload with their lengths, so that no other pair of them reads the same. */
function preAuthentication(type: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(head), payload]);
}
