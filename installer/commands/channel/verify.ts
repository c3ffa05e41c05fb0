import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { addChannelOptions, type OpenChannelOptions } from './channel-options.ts';

export interface VerifyCommandOptions extends OpenChannelOptions {
  readonly release?: string;
  readonly acceptExpired: boolean;
}

export function verifyCommand(console: Console): Command {
  const command = new Command('verify').description(
    'check a channel: signatures, numbers, age; and that a stick’s release is one of its',
  );
  return addChannelOptions(command)
    .option('--release <stick>', 'a stick or bundle whose release must be in the channel')
    .option('--accept-expired', 'do not fail when the channel has expired', false)
    .addHelpText(
      'after',
      '\nExample:\n  skerry channel verify --from stick/ --release stick/ --fingerprint SHA256:… --state seen.json',
    )
    .action(async (options: VerifyCommandOptions, self: Command) => {
      const { runVerify } = await import('./run/verify.ts');
      await runVerify(console, options, globalOptions(self).output);
    });
}
