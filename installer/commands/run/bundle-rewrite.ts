import { basename, join } from 'node:path';
import { BUNDLE_SUFFIX } from '../../../bundle/bundle-name.ts';
import type { WrittenFile } from '../../../bundle/file/bundle-file.ts';
import { type BundleStore, openBundle } from '../../../bundle/file/bundle-store.ts';
import { type RewriteOptions, rewriteBundle } from '../../../bundle/file/rewrite.ts';
import { bundleOf } from '../../../bundle/volume/volume-name.ts';
import { findStick } from '../../stick/stick.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import type { JoinCommandOptions } from '../bundle/join.ts';
import type { SplitCommandOptions } from '../bundle/split.ts';

/** Cuts a bundle into volumes. */
export async function runSplit(
  console: Console,
  path: string,
  { out, volumeSize }: SplitCommandOptions,
  output: OutputFormat,
  signal: AbortSignal,
): Promise<void> {
  const { bundle } = await findStick(path);
  const store = await openBundle(bundle);
  const to = join(out, `${bundleOf(basename(bundle))}${BUNDLE_SUFFIX}`);
  await rewrite(console, output, { title: `Cut ${bundle} into volumes`, store, to }, { volumeSize, signal });
}

/** Makes one file of volumes; of those that are here when not all are. */
export async function runJoin(
  console: Console,
  [first = '', ...volumes]: readonly string[],
  { out }: JoinCommandOptions,
  output: OutputFormat,
  signal: AbortSignal,
): Promise<void> {
  const { bundle } = await findStick(first, { volumes });
  const store = await openBundle(bundle, { volumes, needs: 'some' });
  await rewrite(console, output, { title: `Join the volumes of ${bundle}`, store, to: out }, { signal });
}

async function rewrite(
  console: Console,
  output: OutputFormat,
  { title, store, to }: { title: string; store: BundleStore; to: string },
  options: RewriteOptions,
): Promise<void> {
  let written: WrittenFile[] = [];
  const run = async (report: (text: string) => void) => {
    const tell = ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }) =>
      report(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`);
    written = await rewriteBundle(to, store, { ...options, onProgress: tell, onChecked: tell });
    return `${written.length} file${written.length === 1 ? '' : 's'}`;
  };
  try {
    await runSteps(console, output, [{ title, run }]);
  } finally {
    await store.close();
  }
  const files = written.map(({ path, size }) => ({ path, size }));
  print(console, output, { files }, () =>
    files.map(({ path, size }) => `${path}  ${formatBytes(size)}`).join('\n'),
  );
}
