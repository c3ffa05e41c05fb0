import { randomBytes } from 'node:crypto';
import { hashPassword } from '../../../../registry/access/passwords/password-hash.ts';
import type { Console } from '../../../terminal/console.ts';
import { readNewPassword } from '../../../terminal/password-input.ts';

export async function runHashPassword(console: Console): Promise<void> {
  console.stdout.write(`${await hashPassword(await readNewPassword(console), randomBytes(16))}\n`);
}
