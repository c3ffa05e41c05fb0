import { Command } from 'commander';
import { signStaged } from '../../../channel/vendor/sign.ts';
import { Workshop } from '../../../channel/vendor/workshop.ts';
import { openSigningKey } from '../../stick/keys.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { channelSigner } from './channel-signer.ts';
import { printSignings } from './signing-report.ts';

export function signCommand(console: Console): Command {
  return new Command('sign')
    .description('sign all that is staged and that a key may sign')
    .argument('<folder>', 'the channel; carry it to where the key is')
    .requiredOption('--key <file>', 'the private key; its password comes from SKERRY_KEY_PASSWORD')
    .addHelpText('after', '\nExample:\n  skerry channel sign channel/ --key vendor.key')
    .action(async (folder: string, options: { key: string }, command: Command) => {
      const workshop = new Workshop(folder);
      const { key } = await openSigningKey(options.key, console.env);
      await signStaged(workshop, channelSigner(key));
      await printSignings(console, globalOptions(command).output, workshop);
    });
}
