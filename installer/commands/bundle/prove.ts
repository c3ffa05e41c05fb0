import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { addRehearsalOptions, type RehearsalOptions } from '../rehearsal-options.ts';

export interface ProveCommandOptions extends RehearsalOptions {
  readonly key?: string;
  readonly out?: string;
  readonly statement?: string;
  readonly outsideCommand?: string;
}

export function proveCommand(console: Console): Command {
  return addRehearsalOptions(new Command('prove'))
    .argument('<old>', 'the stick or bundle that is upgraded from')
    .argument('<new>', 'the stick or bundle that is upgraded to')
    .option('--key <file>', 'private key that signed both, and signs the statement; your own otherwise')
    .option('-o, --out <file>', 'the bundle with the statement; <new> itself is rewritten otherwise')
    .option('--statement <file>', 'write the signed statement to a file as well')
    .option(
      '--outside-command <command>',
      'prints a line for each packet or name that tried to leave the scratch cluster, as its own network saw it',
    )
    .addHelpText(
      'after',
      '\nThe cluster must be one that was made for this: the old release is installed, upgraded, rolled back, upgraded again,\ncompared each time, and taken away. All images must come from the bundle. A statement of it is signed and goes into the\nbundle, where skerry upgrade --plan finds it.\n\nExample:\n  skerry bundle prove stick-1.0/ stick-1.1/ --kubeconfig scratch.yaml --key vendor.key',
    )
    .action(async (old: string, next: string, options: ProveCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runProve } = await import('../run/bundle-prove.ts');

      await interruptible(
        (signal) => runProve(console, { old, new: next }, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}
