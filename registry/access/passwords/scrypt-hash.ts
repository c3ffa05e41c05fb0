import { scrypt, timingSafeEqual } from 'node:crypto';

/**
 * A password hash as it stands in a users file: `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, the salt and the hash in base64
 * without padding, `ln` the logarithm of the cost N (RFC 7914; the form is that of the PHC string format).
 */
export interface ScryptHash {
  readonly kind: 'scrypt';
  readonly logCost: number;
  readonly blockSize: number;
  readonly parallel: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const GRAMMAR =
  /^\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9])\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
/** 32 MiB and about 0.1 s: what OWASP asks for, and little enough that two at a time do no harm. */
const COST = { logCost: 15, blockSize: 8, parallel: 1 };
const MAX_MEMORY = 128 * 1024 * 1024;

/** Undefined when the text is no such hash, or one that would take more than 128 MiB to check. */
export function parseScryptHash(text: string): ScryptHash | undefined {
  const [, logCost, blockSize, parallel, salt, hash] = GRAMMAR.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const parsed: ScryptHash = {
    kind: 'scrypt',
    logCost: Number(logCost),
    blockSize: Number(blockSize),
    parallel: Number(parallel),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
  const sound = parsed.logCost >= 1 && parsed.blockSize >= 1 && parsed.parallel >= 1;
  return sound && memoryOf(parsed) <= MAX_MEMORY ? parsed : undefined;
}

/** Hashes a password for a users file. `salt` is 16 random bytes. */
export async function hashWithScrypt(password: string, salt: Buffer): Promise<string> {
  const hash = await derive(password, { kind: 'scrypt', ...COST, salt, hash: Buffer.alloc(32) });
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$scrypt$ln=${COST.logCost},r=${COST.blockSize},p=${COST.parallel}$${text(salt)}$${text(hash)}`;
}

/** True when the password has this hash; takes the same time either way. */
export async function verifyScrypt(password: string, expected: ScryptHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, expected), expected.hash);
}

function derive(password: string, like: ScryptHash): Promise<Buffer> {
  const options = { N: 2 ** like.logCost, r: like.blockSize, p: like.parallel, maxmem: 2 * MAX_MEMORY };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), like.salt, like.hash.byteLength, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

function memoryOf({ logCost, blockSize, parallel }: ScryptHash): number {
  return 128 * blockSize * (2 ** logCost + parallel);
}
