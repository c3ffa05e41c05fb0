import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface TestKey {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly der: Buffer;
  /** By which logs are known: the hash of their key. */
  readonly id: Buffer;
}

export function keyPair(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { publicKey, privateKey, der, id: createHash('sha256').update(der).digest() };
}

/** What the log says of an entry: when it was taken up, and that it is in the log. */
export interface LogEntry {
  /** As base64, as the log signs it. */
  readonly body: string;
  readonly integratedTime: number;
  readonly logIndex: number;
  readonly promise: Buffer;
  readonly rootHash: Buffer;
  readonly checkpoint: string;
}

/** For tests: what Rekor is, a log of signatures; each entry is the only one of a tree of its own. */
export class SignatureLog {
  static readonly host = 'log.sigstore.test';
  readonly key = keyPair();

  take(entry: object, at: Date): LogEntry {
    const bytes = Buffer.from(JSON.stringify(entry));
    const [body, integratedTime, logIndex] = [bytes.toString('base64'), Math.floor(at.getTime() / 1000), 0];
    // The canonical form has its keys in this order (RFC 8785).
    const promised = JSON.stringify({ body, integratedTime, logID: this.key.id.toString('hex'), logIndex });
    const rootHash = createHash('sha256')
      .update(Buffer.concat([Buffer.from([0]), bytes]))
      .digest();
    const note = `${SignatureLog.host} - 1\n1\n${rootHash.toString('base64')}\n`;
    const signature = Buffer.concat([this.key.id.subarray(0, 4), this.#sign(note)]);
    return {
      ...{ body, integratedTime, logIndex, rootHash },
      promise: this.#sign(promised),
      checkpoint: `${note}\n— ${SignatureLog.host} ${signature.toString('base64')}\n`,
    };
  }

  #sign(text: string): Buffer {
    return sign('sha256', Buffer.from(text), this.key.privateKey);
  }
}
