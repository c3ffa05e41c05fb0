import { Command, InvalidArgumentError } from 'commander';
import { addClusterOptions, type ClusterOptions, globalOptions } from '../terminal/cli-options.ts';
import type { Console } from '../terminal/console.ts';

export interface CertificatesOptions extends ClusterOptions {
  readonly warnLeft?: number;
}

export function certificatesCommand(console: Console): Command {
  return addClusterOptions(new Command('certificates'))
    .option('--warn-left <percent>', 'warn of what has less of its lifetime left; 20 otherwise', parsePercent)
    .addHelpText(
      'after',
      '\nReads only. Exits with 1 when something should have been renewed, or is over.\n\nExamples:\n  skerry certificates\n  skerry certificates --output json',
    )
    .action(async (options: CertificatesOptions, command: Command) => {
      const { runCertificates } = await import('./run/certificates.ts');
      await runCertificates(console, options, globalOptions(command).output);
    });
}

function parsePercent(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('a number from 1 to 99');
  return Number(text);
}
