import { Command, InvalidArgumentError } from 'commander';
import { collect, globalOptions } from '../terminal/cli-options.ts';
import type { Console } from '../terminal/console.ts';
import { addRehearsalOptions, type RehearsalOptions } from './rehearsal-options.ts';

export interface DrillCommandOptions extends RehearsalOptions {
  readonly key?: string;
  readonly fingerprint?: string;
  readonly only: readonly string[];
  readonly list?: boolean;
  readonly thorough?: boolean;
  readonly random: number;
  readonly seed?: number;
  readonly nodeCommand?: string;
  readonly patience: number;
}

export function drillCommand(console: Console): Command {
  return addRehearsalOptions(new Command('drill'))
    .argument('[old]', 'the stick or bundle that is upgraded from')
    .argument('[new]', 'the stick or bundle that is upgraded to')
    .option('--key <file>', 'the vendor’s public key; $SKERRY_KEY otherwise')
    .option('--fingerprint <text>', 'the fingerprint of the key, told by the vendor')
    .option('--only <id>', 'this scenario alone; may be given again', collect, [])
    .option('--list', 'name the scenarios, and stop')
    .option('--thorough', 'kill API server, registry and runtime at every moment of the journal as well')
    .option(
      '--random <count>',
      'kill installer, API server, registry and runtime in turn at so many random moments',
      parseCount,
      0,
    )
    .option('--seed <number>', 'which random moments: the same ones for the same number', parseCount)
    .option(
      '--node-command <command>',
      'does something to the scratch cluster’s nodes: it is run with kill-apiserver, kill-runtime, restart-node, cut-network or mend-network; exit code 3 says that it can’t',
    )
    .option('--patience <minutes>', 'how long one run may take', parseCount, 20)
    .addHelpText(
      'after',
      '\nThe cluster must be one that was made for this. Each scenario must end in exactly the old or exactly the new release,\nall healthy and with the contents that an undisturbed run leaves. It may be stopped by Ctrl-C at any moment, and begun again.\n\nExamples:\n  skerry drill --list\n  skerry drill stick-1.0/ stick-1.1/ --kubeconfig scratch.yaml --key vendor.pub\n  skerry drill stick-1.0/ stick-1.1/ --kubeconfig scratch.yaml --key vendor.pub --only kill-installer --random 50',
    )
    .action(
      async (
        old: string | undefined,
        next: string | undefined,
        options: DrillCommandOptions,
        command: Command,
      ) => {
        const { runDrillCommand } = await import('./run/drill.ts');
        await runDrillCommand(console, old, next, options, globalOptions(command).output);
      },
    );
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,10}$/.test(text) || count > 2 ** 31)
    throw new InvalidArgumentError('a whole number, 0 or more');
  return count;
}
