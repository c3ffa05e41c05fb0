import { Command } from 'commander';
import type { SiteOptions } from '../rehearsal/release-pair.ts';
import { addClusterOptions, collect, globalOptions } from '../terminal/cli-options.ts';
import { type Console, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';

export interface ProveCommandOptions extends SiteOptions {
  readonly key?: string;
  readonly out?: string;
  readonly statement?: string;
  readonly objects?: string;
  readonly outsideCommand?: string;
  readonly allowNamespace?: readonly string[];
}

export function proveCommand(console: Console): Command {
  return addClusterOptions(new Command('prove'))
    .argument('<old>', 'the stick or bundle that is upgraded from')
    .argument('<new>', 'the stick or bundle that is upgraded to')
    .option('--key <file>', 'private key that signed both, and signs the statement; your own otherwise')
    .option('-o, --out <file>', 'the bundle with the statement; <new> itself is written anew otherwise')
    .option('--statement <file>', 'write the signed statement to a file as well')
    .option('--objects <file>', 'YAML of objects that a site would have made, which must survive')
    .option(
      '--outside-command <command>',
      'prints a line for each packet or name that tried to leave the scratch cluster, as its own network saw it',
    )
    .option(
      '--allow-namespace <name>',
      'a namespace that belongs to the scratch cluster itself; may be given again, “all” is every one',
      collect,
    )
    .option('--storage-class <name>', 'for the private registry; the cluster’s default otherwise')
    .option('--storage-size <quantity>', 'size of the private registry’s volume', '20Gi')
    .option('--address <ip>', 'the address under which nodes reach this workstation')
    .option('--helm <file>', 'a helm program; the stick’s otherwise')
    .addHelpText(
      'after',
      '\nThe cluster must be one that was made for this: the old release is installed, upgraded, rolled back, upgraded again,\ncompared each time, and taken away. All images must come from the bundle. A statement of it is signed and goes into the\nbundle, where skerry upgrade --plan finds it.\n\nExample:\n  skerry bundle prove stick-1.0/ stick-1.1/ --kubeconfig scratch.yaml --key vendor.key',
    )
    .action(async (old: string, next: string, options: ProveCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runProve } = await import('./run/bundle-prove.ts');

      await interruptible(
        (signal) => runProve(console, { old, new: next }, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}
