import { createHash } from 'node:crypto';
import { canonicalize } from '@tufjs/canonical-json';
import {
  Key,
  type Metadata,
  type Root,
  Signature,
  type Snapshot,
  type Targets,
  type Timestamp,
} from '@tufjs/models';

/** Whatever signs: a key in a file, or one that only its owner holds. */
export interface Signer {
  /** The public key in PEM (ECDSA P-256). */
  readonly publicPem: string;
  /** DER signature over SHA-256 of the bytes. */
  sign(bytes: Uint8Array): Uint8Array;
}

export type AnyMetadata = Metadata<Root> | Metadata<Targets> | Metadata<Snapshot> | Metadata<Timestamp>;

/** A public key as root and delegations name it. Its id is the SHA-256 of its canonical form (TUF specification 4.2). */
export function channelKey(publicPem: string): Key {
  const fields = { keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp256', keyval: { public: publicPem } };
  const keyID = createHash('sha256').update(canonicalize(fields)).digest('hex');
  return Key.fromJSON(keyID, fields);
}

/** Adds a signature to metadata; one by the same key is replaced. */
export function signMetadata(metadata: AnyMetadata, signer: Signer): void {
  const { keyID } = channelKey(signer.publicPem);
  metadata.sign((bytes) => new Signature({ keyID, sig: Buffer.from(signer.sign(bytes)).toString('hex') }));
}
