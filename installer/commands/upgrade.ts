import { Command } from 'commander';
import type { ConflictPolicy } from '../../apply/release/owners.ts';
import {
  addClusterOptions,
  type ClusterOptions,
  collect,
  conflictOption,
  globalOptions,
  parsePort,
  volumesOption,
} from '../terminal/cli-options.ts';
import { type Console, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';
import type { KeyOptions } from './stick-inputs.ts';
import type { WayOptions } from './upgrade/hops.ts';

export interface UpgradeCommandOptions extends ClusterOptions, KeyOptions, WayOptions {
  readonly address?: string;
  readonly port?: number;
  readonly requestLog?: string;
  readonly volumes?: readonly string[];
  readonly helm?: string;
  readonly adopt?: readonly string[];
  readonly onConflict: ConflictPolicy;
  readonly yes?: boolean;
}

export function upgradeCommand(console: Console): Command {
  return addClusterOptions(new Command('upgrade'))
    .argument('<place>', 'a stick’s folder, a bundle, or a registry as http(s)://HOST[:PORT]')
    .option(
      '--key <file>',
      'the vendor’s public key; the one that the installed release was verified with otherwise',
    )
    .option('--fingerprint <text>', 'the fingerprint of the key; then the key on the stick may be used')
    .option('--to <version>', 'the release that is wanted; the newest that can be reached otherwise')
    .option('--candidates', 'look at releases that were not promoted yet, too')
    .option(
      '--channel-fingerprint <sha256>',
      'of a root of the channel, as the vendor told it; the first time only, it is remembered in the cluster',
    )
    .option('--channel-root <file>', 'a root of the channel that came by another way; the first time only')
    .option('--accept-expired', 'upgrade by a channel that has expired')
    .addOption(volumesOption())
    .option('--plan', 'check everything, say what would be done, for how long and what blocks it, and stop')
    .option('--yes', 'do not ask')
    .option('--address <ip>', 'the address under which the cluster reaches this workstation')
    .option('--port <port>', 'the port that it uses; any free one otherwise', parsePort)
    .option('--request-log <file>', 'add what nodes ask this workstation for to a file, as lines of JSON')
    .option('--helm <file>', 'a helm program; the stick’s otherwise')
    .option(
      '--adopt <object>',
      'take over what is there and belongs to somebody else; may be given again',
      collect,
    )
    .addOption(conflictOption())
    .addHelpText(
      'after',
      `
Nothing that runs is changed before a checkpoint is kept in the cluster. What fails afterwards is taken back by itself.
It may be stopped at any moment: run it again, from here or from another workstation, and it goes on; or go back with
skerry rollback.
Exit codes: 0 upgraded, 5 the release before runs as it did, 130 stopped on request.

Examples:
  stick/skerry upgrade stick/ --plan
  stick/skerry upgrade stick/ --yes`,
    )
    .action(async (path: string, options: UpgradeCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runUpgradeCommand } = await import('./upgrade/run-upgrade.ts');

      await interruptible(
        (signal) => runUpgradeCommand(console, path, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}
