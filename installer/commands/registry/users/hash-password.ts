import { Command } from 'commander';
import { globalOptions } from '../../../terminal/cli-options.ts';
import type { Console } from '../../../terminal/console.ts';

export function hashPasswordCommand(console: Console): Command {
  return new Command('hash-password')
    .addHelpText(
      'after',
      '\nExample:\n  printf "alice:%s\\n" "$(skerry registry hash-password < password.txt)" >> users.txt',
    )
    .action(async (_: unknown, command: Command) => {
      globalOptions(command);
      const { runHashPassword } = await import('./run-hash-password.ts');
      await runHashPassword(console);
    });
}
