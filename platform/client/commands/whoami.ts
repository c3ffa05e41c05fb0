import { Command } from 'commander';
import type { Terminal } from '../output/terminal.ts';

export function whoamiCommand(terminal: Terminal): Command {
  return new Command('whoami')
    .addHelpText('after', '\nExample:\n  skerry whoami')
    .action(async (_options: object, command: Command) => {
      const { runWhoami } = await import('./run-whoami.ts');
      await runWhoami(terminal, command);
    });
}
