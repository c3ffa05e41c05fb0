import { Command, InvalidArgumentError, Option } from 'commander';
import { isAddress } from '../../bundle/location.ts';
import type { CopyProgress } from '../../content/copy/copy.ts';
import type { SkerryError } from '../../content/error.ts';
import { PLATFORM_GRAMMAR } from '../../content/platform.ts';
import type { RemoteOptions } from '../../content/remote/client.ts';
import type { Store } from '../../content/store.ts';
import { awaitRegistry } from '../copy/await-registry.ts';
import { chooseItems } from '../copy/chosen-items.ts';
import { isBundleName, openSource, openTarget } from '../copy/content-location.ts';
import {
  type CopyEnd,
  type CopySettings,
  type CopyTarget,
  type CopyWork,
  copyAll,
  nameOf,
} from '../copy/copy-all.ts';
import { formatCopyLine } from '../copy/copy-progress.ts';
import { tellWaits } from '../copy/registry-waits.ts';
import { globalOptions, parseParallel, sparseOption } from '../terminal/cli-options.ts';
import { type Console, print, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { runSteps } from '../terminal/steps.ts';
import { formatBytes } from '../terminal/units.ts';

interface CopyCommandOptions extends CopySettings {
  readonly usernameFile?: string;
  readonly passwordFile?: string;
  readonly progress: 'text' | 'json';
  readonly platform?: readonly string[];
  readonly wait?: number;
}

export function copyCommand(console: Console): Command {
  return new Command('copy')
    .argument(
      '<from>',
      'a bundle, a folder (a layout, or the store of a registry that is not running), or a registry as http(s)://HOST[:PORT]',
    )
    .argument(
      '<to>',
      'a folder, a new bundle (a file that ends in .tar), or a registry as http(s)://HOST[:PORT]',
    )
    .argument(
      '[names...]',
      'what to copy, as REPOSITORY:TAG or REPOSITORY@DIGEST; everything that has a name when none is given',
    )
    .option(
      '--release <repository:tag@digest>',
      'copy the content of this release, which must hash to the digest',
    )
    .option('--username-file <file>', 'user for the target registry; credentials of docker login otherwise')
    .option('--password-file <file>', 'its password')
    .option('--parallel <n>', 'names, and blobs, under way at a time', parseParallel, 4)
    .option(
      '--recheck',
      'look again at every blob, and at what belongs to each image, where the target has the same name already',
    )
    .option('--wait <seconds>', 'so long the target registry may take to answer at all', parseSeconds)
    .option(
      '--platform <os/architecture>',
      'of images for several platforms only this one, e.g. linux/amd64; may be given several times',
      parsePlatform,
    )
    .addOption(sparseOption())
    .addOption(
      new Option('--progress <format>', 'lines of JSON are for other programs')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText(
      'after',
      '\nWhat the target holds already is skipped; an interrupted copy goes on. One name that fails stops no other.\nExit codes: 0 all is there, 5 all images are but a signature or something else that belongs to them could not be\nread, 6 some names failed and the rest is there; when nothing could be copied, that of the first error.\n\nExamples:\n  skerry copy stick/skerry-0.1.0.bundle.tar http://localhost:5000\n  skerry copy https://registry.example mirror/ team/app:1.2.3',
    )
    .action(
      async (from: string, to: string, names: string[], options: CopyCommandOptions, command: Command) => {
        const { output } = globalOptions(command);
        await interruptible(
          (signal) => copy(console, { from, to, names, options, output, signal }),
          (error) => reportError(console, output, error),
        );
      },
    );
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0 && seconds <= 86_400)) throw new InvalidArgumentError('a number of seconds');
  return seconds;
}

interface CopyInput {
  readonly from: string;
  readonly to: string;
  readonly names: readonly string[];
  readonly options: CopyCommandOptions;
  readonly output: 'text' | 'json';
  readonly signal: AbortSignal;
}

async function copy(console: Console, input: CopyInput): Promise<void> {
  let report: (text: string) => void = () => {};
  const onWait = tellWaits(console, input.output, (text) => report(text));
  const { to, options, signal } = input;
  if (options.wait !== undefined && isAddress(to))
    await awaitRegistry(to, { waitMs: options.wait * 1000, signal });
  const source = await openSource(input.from, console.env, {}, onWait);
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

function parsePlatform(text: string, before: readonly string[] = []): string[] {
  if (!PLATFORM_GRAMMAR.test(text)) throw new InvalidArgumentError('a platform such as linux/amd64');
  return [...before, text];
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
