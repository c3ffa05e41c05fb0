import { Command } from 'commander';
import type { SparseChoice } from '../../../content/copy/copy-plan.ts';
import { globalOptions, parseSeconds, parseVolumeSize, sparseOption } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';

export interface CreateCommandOptions {
  readonly out: string;
  readonly key?: string;
  readonly helm?: string;
  readonly program?: string;
  readonly chartTimeout: number;
  readonly checkServer?: string;
  readonly dryRun?: boolean;
  readonly allowSparse: SparseChoice;
  readonly strict?: boolean;
  readonly volumeSize?: number;
}

export function createCommand(console: Console): Command {
  return new Command('create')
    .argument('<release>', 'a release.yaml')
    .requiredOption('-o, --out <folder>', 'the stick; other releases on it stay')
    .option('--key <file>', 'private key that signs; your own otherwise, made on first use')
    .option('--helm <file>', 'the helm program that renders charts and goes onto the stick')
    .option('--program <file>', 'the skerry program for the stick; this one otherwise')
    .option('--chart-timeout <seconds>', 'how long helm may take to render a chart', parseSeconds, 60)
    .option(
      '--check-server <kubeconfig>',
      'try every object on this throwaway cluster; namespaces, CRDs, service accounts and classes are really made there',
    )
    .addOption(sparseOption())
    .option('--strict', 'make no bundle while something that looks like an image is unaccounted for')
    .option(
      '--volume-size <size>',
      'cut a bundle that is not smaller than this into volumes that are, such as 4GiB for FAT32',
      parseVolumeSize,
    )
    .option('--dry-run', 'say what would be packed, and stop')
    .addHelpText(
      'after',
      '\nAn interrupted create goes on when it is run again.\n\nExample:\n  skerry bundle create manifests/release.yaml -o stick/',
    )
    .action(async (release: string, options: CreateCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runCreate } = await import('../run/bundle-create.ts');
      await interruptible(
        (signal) => runCreate(console, release, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}
