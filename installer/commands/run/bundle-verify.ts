import { join } from 'node:path';
import { openReleaseBundle } from '../../../bundle/release-bundle.ts';
import { openTrustedKey } from '../../stick/keys.ts';
import { findStick, STICK_FILES } from '../../stick/stick.ts';
import { type Console, print } from '../../terminal/console.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import type { VerifyCommandOptions } from '../bundle/verify.ts';

export async function runVerify(
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
