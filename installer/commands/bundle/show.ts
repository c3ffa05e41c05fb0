import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';

export function showCommand(console: Console): Command {
  return new Command('show')
    .argument('<stick>', 'a stick’s folder, a bundle, or any of its volumes')
    .addHelpText('after', '\nExample:\n  skerry bundle show stick/ --output json')
    .action(async (path: string, _: unknown, command: Command) => {
      const { runShow } = await import('../run/bundle-show.ts');
      await runShow(console, path, globalOptions(command).output);
    });
}
