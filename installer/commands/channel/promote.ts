import { Command } from 'commander';
import { editReleases, LIFETIMES } from '../../../channel/vendor/channel-workshop.ts';
import { promoteRelease } from '../../../channel/vendor/edit-releases.ts';
import { Workshop } from '../../../channel/vendor/workshop.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { parseRelease } from './release-argument.ts';
import { printSignings } from './signing-report.ts';

export function promoteCommand(console: Console): Command {
  return new Command('promote')
    .description('offer a candidate to everybody')
    .argument('<folder>', 'the channel')
    .argument('<release>', 'PRODUCT/VERSION', parseRelease)
    .addHelpText('after', '\nExample:\n  skerry channel promote channel/ skerry/1.2.0')
    .action(async (folder: string, [product, version]: [string, string], _: unknown, command: Command) => {
      const workshop = new Workshop(folder);
      const edit = (all: Parameters<typeof promoteRelease>[0]) => promoteRelease(all, product, version);
      await editReleases(workshop, product, edit, Date.now(), LIFETIMES);
      await printSignings(console, globalOptions(command).output, workshop);
    });
}
