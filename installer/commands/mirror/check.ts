import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import type { LookOptions } from './run-look.ts';

export function checkMirrorCommand(console: Console): Command {
  return new Command('check')
    .description('say whether the target is what the mirror file asks for; nothing is changed')
    .addHelpText(
      'after',
      '\nExit codes: 0 both sides are the same, 1 nothing could be asked, 6 some items could not be compared, 7 they differ.\n\nExample:\n  skerry mirror check mirror.yaml',
    )
    .argument('<file>', 'a mirror.yaml')
    .option('--helm <file>', 'the helm program that renders charts')
    .action(async (path: string, options: LookOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { CHECK, runLook } = await import('./run-look.ts');
      await runLook(console, path, options, output, CHECK);
    });
}
