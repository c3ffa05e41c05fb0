import { Command } from 'commander';
import { editReleases, LIFETIMES } from '../../../channel/vendor/channel-workshop.ts';
import { withdrawRelease } from '../../../channel/vendor/edit-releases.ts';
import { Workshop } from '../../../channel/vendor/workshop.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { parseRelease } from './release-argument.ts';
import { printSignings } from './signing-report.ts';

export function withdrawCommand(console: Console): Command {
  return new Command('withdraw')
    .description('tell everybody not to install a release any more, and why')
    .argument('<folder>', 'the channel')
    .argument('<release>', 'PRODUCT/VERSION', parseRelease)
    .requiredOption('--reason <text>', 'what is wrong with it, in a sentence for operators')
    .addHelpText(
      'after',
      '\nExample:\n  skerry channel withdraw channel/ skerry/1.1.0 --reason "may lose users; 1.1.1 does not"',
    )
    .action(
      async (
        folder: string,
        [product, version]: [string, string],
        options: { reason: string },
        command: Command,
      ) => {
        const workshop = new Workshop(folder);
        const edit = (all: Parameters<typeof withdrawRelease>[0]) =>
          withdrawRelease(all, product, version, options.reason);
        await editReleases(workshop, product, edit, Date.now(), LIFETIMES);
        await printSignings(console, globalOptions(command).output, workshop);
      },
    );
}
