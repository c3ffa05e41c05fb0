import { isAddress } from '../../../bundle/location.ts';
import type { CopyProgress } from '../../../content/copy/copy.ts';
import type { SkerryError } from '../../../content/error.ts';
import type { RemoteOptions } from '../../../content/remote/client.ts';
import type { Store } from '../../../content/store.ts';
import { awaitRegistry } from '../../copy/await-registry.ts';
import { chooseItems } from '../../copy/chosen-items.ts';
import { isBundleName, openSource, openTarget } from '../../copy/content-location.ts';
import { type CopyEnd, type CopyTarget, type CopyWork, copyAll, nameOf } from '../../copy/copy-all.ts';
import { formatCopyLine } from '../../copy/copy-progress.ts';
import { tellWaits } from '../../copy/registry-waits.ts';
import { type Console, print } from '../../terminal/console.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import type { CopyCommandOptions } from '../copy.ts';

interface CopyInput {
  readonly from: string;
  readonly to: string;
  readonly names: readonly string[];
  readonly options: CopyCommandOptions;
  readonly output: 'text' | 'json';
  readonly signal: AbortSignal;
}

export async function runCopy(console: Console, input: CopyInput): Promise<void> {
  let report: (text: string) => void = () => {};
  const onWait = tellWaits(console, input.output, (text) => report(text));
  const { to, options, signal } = input;
  if (options.wait !== undefined && isAddress(to))
    await awaitRegistry(to, { waitMs: options.wait * 1000, signal });
  const source = await openSource(input.from, console.env, { volumes: options.volumes }, onWait);
  try {
    const target = await openCopyTarget(console, input, onWait);
    try {
      const failure = await copyBetween(console, source.store, target.store, input, (to) => {
        report = to;
      });
      if (failure !== undefined) throw failure;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function openCopyTarget(
  { env }: Console,
  { to, options }: CopyInput,
  onWait: RemoteOptions['onWait'],
): Promise<{ readonly store: CopyTarget; close(): Promise<void> }> {
  if (isBundleName(to)) return { store: { bundle: to }, close: async () => {} };
  return await openTarget(to, options, env, onWait);
}

/** The error to end with, if there is one. */
async function copyBetween(
  console: Console,
  opened: Store,
  target: CopyTarget,
  { names, options, output, signal }: CopyInput,
  onReport: (report: (text: string) => void) => void,
): Promise<SkerryError | undefined> {
  const { source, items } = await chooseItems(opened, names, options, signal);
  const started = performance.now();
  const work: CopyWork = { source, target, items, isNamed: names.length > 0, options, signal };
  if (options.progress === 'json') {
    const { bytes, failure } = await copyAll(work, throttled(console));
    if (failure === undefined)
      console.stdout.write(`${formatCopyLine({ bytesDone: bytes, bytesTotal: bytes, finished: true })}\n`);
    return failure;
  }
  const ended = Promise.withResolvers<CopyEnd>();
  const run = async (report: (text: string) => void) => {
    onReport(report);
    const onProgress = ({ bytesDone, bytesTotal, current }: CopyProgress) =>
      report(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}  ${current}`);
    const end = await copyAll(work, onProgress);
    ended.resolve(end);
    return end.said;
  };
  await runSteps(console, output, [
    { title: `Copy ${items.length} names from ${source.name} to ${nameOf(target)}`, run },
  ]);
  const { report, lines, failure } = await ended.promise;
  const durationMs = Math.round(performance.now() - started);
  print(console, output, { ...report, durationMs }, () => lines.join('\n'));
  return failure;
}

// One line a second is enough for whoever reads them from a log.
function throttled(console: Console): (progress: CopyProgress) => void {
  let told = 0;
  return ({ bytesDone, bytesTotal }) => {
    if (performance.now() - told < 1000) return;
    told = performance.now();
    console.stdout.write(`${formatCopyLine({ bytesDone, bytesTotal, finished: false })}\n`);
  };
}
