import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { hashPassword } from '../../../../registry/access/passwords/password-hash.ts';
import { globalOptions } from '../../../terminal/cli-options.ts';
import type { Console } from '../../../terminal/console.ts';
import { readNewPassword } from '../../../terminal/password-input.ts';

export function hashPasswordCommand(console: Console): Command {
  return new Command('hash-password')
    .addHelpText(
      'after',
      '\nExample:\n  printf "alice:%s\\n" "$(skerry registry hash-password < password.txt)" >> users.txt',
    )
    .action(async (_: unknown, command: Command) => {
      globalOptions(command);
      console.stdout.write(`${await hashPassword(await readNewPassword(console), randomBytes(16))}\n`);
    });
}
