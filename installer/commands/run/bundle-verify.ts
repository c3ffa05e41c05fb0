import { basename, join } from 'node:path';
import { openReleaseBundle } from '../../../bundle/release-bundle.ts';
import { inWords } from '../../../bundle/volume/volume.ts';
import { isVolumeName } from '../../../bundle/volume/volume-name.ts';
import { openTrustedKey } from '../../stick/keys.ts';
import { findStick, STICK_FILES } from '../../stick/stick.ts';
import { type Console, print } from '../../terminal/console.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import type { VerifyCommandOptions } from '../bundle/verify.ts';
import { type VolumesHere, volumesOf } from '../bundle/volumes-here.ts';

export async function runVerify(
  console: Console,
  path: string,
  options: VerifyCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
) {
  const stick = await findStick(path, { version: options.release, volumes: options.volumes });
  const stickKeyPath = join(stick.folder, STICK_FILES.key);
  const key = await openTrustedKey({
    keyPath: options.key,
    fingerprint: options.fingerprint,
    stickKeyPath,
    installed: undefined,
    env: console.env,
    ask: undefined,
  });
  // Whoever names one volume asks about that one; with a folder, or others beside it, it is about all.
  const isAlone = isVolumeName(basename(path)) && options.volumes === undefined;
  let result: Verified = { name: '', version: '', digest: '', bytes: 0 };
  const run = async (report: (text: string) => void) => {
    const onProgress = ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }) =>
      report(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`);
    const { release, address, store } = await openReleaseBundle(stick.bundle, key, {
      ...{ signal, onProgress, volumes: stick.volumes },
      needs: isAlone ? 'one' : 'all',
    });
    const { name, version } = release;
    result = { name, version, digest: address.digest, bytes: store.bytes, ...volumesOf(store) };
    await store.close();
    return formatBytes(result.bytes);
  };
  await runSteps(console, output, [{ title: `Verify ${stick.bundle}`, run }]);
  print(console, output, { ...result, fingerprint: key.fingerprint, verified: true }, () =>
    [describe(result), `signed by ${key.fingerprint}`].join('\n'),
  );
}

interface Verified {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly bytes: number;
  readonly volumes?: VolumesHere;
}

function describe({ name, version, volumes }: Verified): string {
  if (volumes === undefined) return `${name} ${version} is whole`;
  const { here, total, set } = volumes;
  if (here.length === total) return `${name} ${version} is whole, in ${total} volumes of set ${set}`;
  return `Volume ${inWords(here)} of ${total} of ${name} ${version} is whole; it is of set ${set}`;
}
