import { Command } from 'commander';
import { globalOptions, volumesOption } from '../../terminal/cli-options.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';

export interface VerifyCommandOptions {
  readonly key?: string;
  readonly fingerprint?: string;
  readonly release?: string;
  readonly volumes?: readonly string[];
}

export function verifyCommand(console: Console): Command {
  return new Command('verify')
    .argument('<stick>', 'a stick’s folder, a bundle, or one volume, which is checked alone')
    .option('--key <file>', 'the vendor’s public key; $SKERRY_KEY otherwise')
    .option(
      '--fingerprint <text>',
      'the fingerprint of the key, told by the vendor; then the key on the stick may be used',
    )
    .option('--release <version>', 'which release, where the stick has several')
    .addOption(volumesOption())
    .addHelpText('after', '\nExample:\n  stick/skerry bundle verify stick/ --key vendor.pub')
    .action(async (path: string, options: VerifyCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const { runVerify } = await import('../run/bundle-verify.ts');

      await interruptible(
        (signal) => runVerify(console, path, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}
