import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import type { LookOptions } from './run-look.ts';

export function planMirrorCommand(console: Console): Command {
  return new Command('plan')
    .description('say what a run would copy and delete, in bytes and requests; nothing is changed')
    .addHelpText('after', '\nExample:\n  skerry mirror plan mirror.yaml')
    .argument('<file>', 'a mirror.yaml')
    .option('--helm <file>', 'the helm program that renders charts')
    .action(async (path: string, options: LookOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { PLAN, runLook } = await import('./run-look.ts');
      await runLook(console, path, options, output, PLAN);
    });
}
