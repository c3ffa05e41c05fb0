import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { hashPassword } from '../../../registry/access/password-hash.ts';
import { globalOptions } from '../../cli-options.ts';
import type { Console } from '../../console.ts';

export function hashPasswordCommand(console: Console): Command {
  return new Command('hash-password')
    .description('read a password from standard input and print its hash for a users file')
    .addHelpText(
      'after',
      '\nExample:\n  printf "alice:%s\\n" "$(skerry registry hash-password < password.txt)" >> users.txt',
    )
    .action(async (_: unknown, command: Command) => {
      globalOptions(command);
      const chunks: Uint8Array[] = [];
      for await (const chunk of console.stdin) chunks.push(Buffer.from(chunk));
      const password = Buffer.concat(chunks)
        .toString('utf8')
        .replace(/\r?\n$/, '');
      console.stdout.write(`${await hashPassword(password, randomBytes(16))}\n`);
    });
}
