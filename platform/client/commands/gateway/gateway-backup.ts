import { Command } from 'commander';
import { withYes } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';

export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function withCluster(command: Command): Command {
  return command
    .option('--kubeconfig <file>', "the gateway's cluster; $KUBECONFIG or ~/.kube/config otherwise")
    .option('--context <name>', 'a context of the kubeconfig');
}

export function keyCommand(terminal: Terminal): Command {
  return new Command('key')
    .description('make the key pair that backups are sealed for: FILE is private, FILE.pub is for gateways')
    .argument('<file>', 'where to write the private key')
    .addHelpText(
      'after',
      '\nKeep the private key away from the gateway: who has it can read the authorities of all of its clusters.\n\nExample:\n  skerry gateway key site.key',
    )
    .action(async (file: string, _flags: object, command: Command) => {
      const { runKey } = await import('./run-gateway-backup.ts');
      await runKey(terminal, file, command);
    });
}

export interface BackupFlags extends ClusterFlags {
  readonly to: string;
  readonly key: string;
}

export function backupCommand(terminal: Terminal): Command {
  return withCluster(new Command('backup'))
    .description('write a sealed backup of all clusters that a gateway makes into a file')
    .requiredOption('--to <file>', 'the new file')
    .requiredOption('--key <file>', 'the public key (FILE.pub) that it is sealed for')
    .addHelpText('after', '\nExample:\n  skerry gateway backup --to gateway.backup --key site.key.pub')
    .action(async (flags: BackupFlags, command: Command) => {
      const { runBackup } = await import('./run-gateway-backup.ts');
      await runBackup(terminal, flags, command);
    });
}

export interface RestoreFlags extends ClusterFlags {
  readonly from: string;
  readonly key: string;
  readonly plan?: boolean;
  readonly keepPaused?: boolean;
}

export function restoreCommand(terminal: Terminal): Command {
  return withYes(withCluster(new Command('restore')))
    .description(
      'make the clusters of a backup known to a cluster that becomes the gateway in place of a lost one',
    )
    .requiredOption(
      '--from <file>',
      'the backup: a file, or http(s)://HOST/REPOSITORY:TAG (or @DIGEST) in a registry',
    )
    .requiredOption('--key <file>', 'the private key that it was sealed for')
    .option('--plan', 'say what would be done, and stop')
    .option('--keep-paused', 'leave the clusters paused')
    .addHelpText(
      'after',
      `
Every cluster is paused before anything of it is there. No machine is made, changed or deleted: those of the backup are
found in the cloud by their marks. Run it before the cluster is installed as the gateway. It goes on where it ended.

Examples:
  skerry gateway restore --from gateway.backup --key site.key --plan
  skerry gateway restore --from gateway.backup --key site.key`,
    )
    .action(async (flags: RestoreFlags, command: Command) => {
      const { runRestore } = await import('./run-gateway-backup.ts');
      await runRestore(terminal, flags, command);
    });
}

export interface MoveFlags extends ClusterFlags {
  readonly toKubeconfig: string;
  readonly toContext?: string;
  readonly plan?: boolean;
}

export function moveCommand(terminal: Terminal): Command {
  return withYes(withCluster(new Command('move')))
    .description('hand all clusters of a gateway over to another cluster')
    .requiredOption('--to-kubeconfig <file>', 'the cluster that becomes the gateway')
    .option('--to-context <name>', 'a context of that kubeconfig')
    .option('--plan', 'say what would be done, and stop')
    .addHelpText(
      'after',
      `
The clusters are paused here for good before they go on there: never do two gateways work on one cluster. No machine is
touched. It goes on where it ended.

Example:
  skerry gateway move --kubeconfig old.conf --to-kubeconfig new.conf`,
    )
    .action(async (flags: MoveFlags, command: Command) => {
      const { runMove } = await import('./run-gateway-backup.ts');
      await runMove(terminal, flags, command);
    });
}
