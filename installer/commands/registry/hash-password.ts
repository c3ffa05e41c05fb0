import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { hashPassword } from '../../../registry/access/password-hash.ts';
import { globalOptions } from '../../cli-options.ts';
import type { Console } from '../../console.ts';
import { readNewPassword } from '../../password-input.ts';

export function hashPasswordCommand(console: Console): Command {
  return new Command('hash-password')
    .description('read a password from standard input and print its hash for a users file')
    .addHelpText(
      'after',
      '\nExample:\n  printf "alice:%s\\n" "$(skerry registry hash-password < password.txt)" >> users.txt',
    )
    .action(async (_: unknown, command: Command) => {
      globalOptions(command);
      console.stdout.write(`${await hashPassword(await readNewPassword(console), randomBytes(16))}\n`);
    });
}
