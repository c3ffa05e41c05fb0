import { gzipSync } from 'node:zlib';
import { infraError } from '../../errors.ts';

/** Nova takes this much in base64. */
const MAX_ENCODED = 65_535;
const INSTANCE_ID = /\{\{\s*(?:v1\.)?instance_id\s*\}\}/g;

/**
 * User data as Nova takes it. The machine's id stands in place of cloud-init's variable: in a config drive of Nova that
 * is the server's UUID, which nobody can choose. Throws MACHINE_FAILED where it is too long even when packed.
 */
export function encodeUserData(userData: string, id: string): string {
  const text = userData.replace(INSTANCE_ID, () => id);
  const plain = Buffer.from(text).toString('base64');
  if (plain.length <= MAX_ENCODED) return plain;
  // cloud-init unpacks gzip before it looks at anything else.
  const packed = gzipSync(text, { level: 9 }).toString('base64');
  if (packed.length <= MAX_ENCODED) return packed;
  throw infraError('MACHINE_FAILED', {
    subject: id,
    detail: `user data of ${packed.length} bytes, where Nova takes ${MAX_ENCODED}`,
  });
}
