import { join } from 'node:path';
import { Command } from 'commander';
import { openReleaseBundle } from '../../bundle/release-bundle.ts';
import { openTrustedKey } from '../stick/keys.ts';
import { findStick, STICK_FILES } from '../stick/stick.ts';
import { globalOptions } from '../terminal/cli-options.ts';
import { type Console, print, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { runSteps } from '../terminal/steps.ts';
import { formatBytes } from '../terminal/units.ts';

interface VerifyCommandOptions {
  readonly key?: string;
  readonly fingerprint?: string;
  readonly release?: string;
}

export function verifyCommand(console: Console): Command {
  return new Command('verify')
    .argument('<stick>', 'a stick’s folder or a bundle')
    .option('--key <file>', 'the vendor’s public key; $SKERRY_KEY otherwise')
    .option(
      '--fingerprint <text>',
      'the fingerprint of the key, told by the vendor; then the key on the stick may be used',
    )
    .option('--release <version>', 'which release, where the stick has several')
    .addHelpText('after', '\nExample:\n  stick/skerry bundle verify stick/ --key vendor.pub')
    .action(async (path: string, options: VerifyCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      await interruptible(
        (signal) => verify(console, path, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}

async function verify(
  console: Console,
  path: string,
  options: VerifyCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
) {
  const stick = await findStick(path, options.release);
  const stickKeyPath = join(stick.folder, STICK_FILES.key);
  const key = await openTrustedKey({
    keyPath: options.key,
    fingerprint: options.fingerprint,
    stickKeyPath,
    installed: undefined,
    env: console.env,
    ask: undefined,
  });
  let result = { name: '', version: '', digest: '', bytes: 0 };
  const run = async (report: (text: string) => void) => {
    const onProgress = ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }) =>
      report(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`);
    const { release, address, store } = await openReleaseBundle(stick.bundle, key, { signal, onProgress });
    result = { name: release.name, version: release.version, digest: address.digest, bytes: store.file.size };
    await store.close();
    return formatBytes(result.bytes);
  };
  await runSteps(console, output, [{ title: `Verify ${stick.bundle}`, run }]);
  print(
    console,
    output,
    { ...result, fingerprint: key.fingerprint, verified: true },
    () => `${result.name} ${result.version} is whole and signed by ${key.fingerprint}`,
  );
}
