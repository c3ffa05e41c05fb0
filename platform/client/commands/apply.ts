import { Command } from 'commander';
import { collect, type ProjectOptions, withProject } from '../options.ts';
import type { Terminal } from '../output/terminal.ts';

export interface Options extends ProjectOptions {
  readonly filename: readonly string[];
  readonly dryRun?: boolean;
  readonly plan?: boolean;
}

export function applyCommand(terminal: Terminal): Command {
  return withProject(new Command('apply'))
    .requiredOption(
      '-f, --filename <file>',
      'YAML or JSON, - for standard input; may be repeated',
      collect(String),
      [],
    )
    .option('--dry-run', 'have the hub check everything, say what would be done, and stop')
    .option('--plan', 'the same, with what would change in which cluster, layer by layer')
    .addHelpText(
      'after',
      `
Files are written as for kubectl. What a file does not name is left as it is, in objects too; lists are
replaced as a whole. Doing it twice is as good as once.

Examples:
  skerry apply -f profile.yaml -f cluster.yaml --project payments
  skerry apply -f cluster.yaml --plan
  skerry apply -f - < fleet.yaml`,
    )
    .action(async (options: Options, command: Command) => {
      const { runApply } = await import('./run-apply.ts');
      await runApply(terminal, options, command);
    });
}
