import { Command } from 'commander';
import type { ConflictPolicy } from '../../../apply/release/owners.ts';
import {
  addClusterOptions,
  type ClusterOptions,
  collect,
  conflictOption,
  globalOptions,
  parsePort,
  volumesOption,
} from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';

export interface InstallCommandOptions extends ClusterOptions {
  readonly key?: string;
  readonly fingerprint?: string;
  readonly storageClass?: string;
  readonly storageSize: string;
  readonly address?: string;
  readonly port?: number;
  readonly registry?: string;
  readonly requestLog?: string;
  readonly helm?: string;
  readonly release?: string;
  readonly volumes?: readonly string[];
  readonly adopt?: readonly string[];
  readonly onConflict: ConflictPolicy;
  readonly dryRun?: boolean;
}

export function installCommand(console: Console): Command {
  return addClusterOptions(new Command('install'))
    .argument('<stick>', 'a stick’s folder or a bundle')
    .option('--key <file>', 'the vendor’s public key; $SKERRY_KEY otherwise')
    .option(
      '--fingerprint <text>',
      'the fingerprint of the key, told by the vendor; then the key on the stick may be used',
    )
    .option('--storage-class <name>', 'for the private registry; the cluster’s default otherwise')
    .option('--storage-size <quantity>', 'size of the private registry’s volume', '20Gi')
    .option('--address <ip>', 'the address under which nodes reach this workstation')
    .option('--port <port>', 'the port that they use; any free one otherwise', parsePort)
    .option(
      '--registry <host:port>',
      'where the bundle is served already (skerry registry serve), if nodes can’t reach this workstation',
    )
    .option('--request-log <file>', 'add what nodes ask this workstation for to a file, as lines of JSON')
    .option('--helm <file>', 'a helm program; the stick’s otherwise')
    .option('--release <version>', 'which release, where the stick has several')
    .addOption(volumesOption())
    .option(
      '--adopt <object>',
      'take over what is there under a name of the release and belongs to somebody else; may be given again; a dry run says the words, “all” is one for all',
      collect,
    )
    .addOption(conflictOption())
    .option('--dry-run', 'check everything, say what would be done, and stop')
    .addHelpText(
      'after',
      '\nIt may be stopped at any moment, by Ctrl-C or a power cut: run it again, from here or from another workstation,\nand it goes on. On a cluster where the release is installed it changes nothing.\n\nExamples:\n  stick/skerry install stick/ --key vendor.pub\n  stick/skerry install stick/ --key vendor.pub --dry-run\n  stick/skerry install stick/ --key vendor.pub --storage-class fast --storage-size 100Gi',
    )
    .action(async (path: string, options: InstallCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runInstall } = await import('../run/install.ts');

      await interruptible(
        (signal) => runInstall(console, path, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}
