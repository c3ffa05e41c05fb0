import { Command } from 'commander';
import type { Terminal } from '../output/terminal.ts';

export function logoutCommand(terminal: Terminal): Command {
  return new Command('logout')
    .addHelpText('after', '\nThe token itself stays good until it ends.\n\nExample:\n  skerry logout')
    .action(async (_options: object, command: Command) => {
      const { runLogout } = await import('./run-logout.ts');
      await runLogout(terminal, command);
    });
}
