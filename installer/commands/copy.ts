import { Command, Option } from 'commander';
import { bundleError } from '../../bundle/errors.ts';
import { type LockedRelease, type ReleaseAddress, readLockedRelease } from '../../bundle/locked-release.ts';
import { signatureTag } from '../../bundle/signature.ts';
import { type CopyProgress, copyContent } from '../../content/copy.ts';
import type { CopyItem } from '../../content/copy-plan.ts';
import { contentError } from '../../content/errors.ts';
import { namesIn } from '../../content/layout-index.ts';
import type { Store, WritableStore } from '../../content/store.ts';
import { globalOptions } from '../cli-options.ts';
import { type Console, print, reportError } from '../console.ts';
import { openSource, openTarget } from '../content-location.ts';
import { interruptible } from '../interrupt.ts';
import { runSteps } from '../steps.ts';
import { formatBytes } from '../units.ts';

interface CopyCommandOptions {
  readonly release?: string;
  readonly usernameFile?: string;
  readonly passwordFile?: string;
  readonly progress: 'text' | 'json';
  readonly parallel: string;
}

export function copyCommand(console: Console): Command {
  return new Command('copy')
    .description('copy content from one store to another: bundles, layout folders, registries')
    .argument(
      '<from>',
      'a bundle, a folder (a layout, or the store of a registry that is not running), or a registry as http(s)://HOST[:PORT]',
    )
    .argument('<to>', 'a folder, or a registry as http(s)://HOST[:PORT]')
    .argument('[names...]', 'what to copy, as REPOSITORY:TAG; everything when none is given')
    .option(
      '--release <repository:tag@digest>',
      'copy the content of this release, which must hash to the digest',
    )
    .option('--username-file <file>', 'user for the target registry; credentials of docker login otherwise')
    .option('--password-file <file>', 'its password')
    .option('--parallel <n>', 'blobs under way at a time', '4')
    .addOption(
      new Option('--progress <format>', 'lines of JSON are for other programs')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText(
      'after',
      '\nWhat the target holds already is skipped; an interrupted copy goes on.\n\nExamples:\n  skerry copy stick/skerry-0.1.0.bundle.tar http://localhost:5000\n  skerry copy https://registry.example mirror/ team/app:1.2.3',
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

interface CopyInput {
  readonly from: string;
  readonly to: string;
  readonly names: readonly string[];
  readonly options: CopyCommandOptions;
  readonly output: 'text' | 'json';
  readonly signal: AbortSignal;
}

async function copy(console: Console, input: CopyInput): Promise<void> {
  const source = await openSource(input.from, console.env);
  try {
    const target = await openTarget(input.to, input.options, console.env);
    try {
      await copyBetween(console, source.store, target.store, input);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyBetween(
  console: Console,
  source: Store,
  target: WritableStore,
  { names, options, output, signal }: CopyInput,
): Promise<void> {
  const items = await itemsOf(source, names, options.release, signal);
  const started = performance.now();
  const settings = { signal, width: Number(options.parallel) || 4 };
  if (options.progress === 'json') {
    const result = await copyContent(source, target, items, { ...settings, onProgress: throttled(console) });
    console.stdout.write(
      `${JSON.stringify({ bytesDone: result.bytesCopied + result.bytesSkipped, bytesTotal: result.bytesCopied + result.bytesSkipped })}\n`,
    );
    return;
  }
  let result = { bytesCopied: 0, bytesSkipped: 0, manifests: 0 };
  const run = async (report: (text: string) => void) => {
    const onProgress = ({ bytesDone, bytesTotal, current }: CopyProgress) =>
      report(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}  ${current}`);
    result = await copyContent(source, target, items, { ...settings, onProgress });
    return `${formatBytes(result.bytesCopied)} copied, ${formatBytes(result.bytesSkipped)} there already`;
  };
  await runSteps(console, output, [
    { title: `Copy ${items.length} names from ${source.name} to ${target.name}`, run },
  ]);
  const durationMs = Math.round(performance.now() - started);
  print(
    console,
    output,
    { ...result, durationMs },
    () => `${result.manifests} manifests, ${formatBytes(result.bytesCopied)} copied`,
  );
}

async function itemsOf(
  source: Store,
  names: readonly string[],
  release: string | undefined,
  signal: AbortSignal,
): Promise<CopyItem[]> {
  if (release !== undefined) return await releaseItems(source, parseReleaseAddress(release), signal);
  if (names.length > 0) return names.map(parseName);
  const items: CopyItem[] = [];
  for (const repository of await source.listRepositories({ signal })) {
    for (const reference of await source.listTags(repository, { signal }))
      items.push({ repository, reference });
  }
  return items;
}

async function releaseItems(
  source: Store,
  address: ReleaseAddress,
  signal: AbortSignal,
): Promise<CopyItem[]> {
  const release: LockedRelease = await readLockedRelease(source, address, { signal });
  const own = { repository: address.repository, reference: address.tag, digest: address.digest };
  const contents = release.contents.flatMap((entry) =>
    namesIn([entry]).map(({ repository, tag }) => ({ repository, reference: tag, digest: entry.digest })),
  );
  return [...contents, own, { repository: address.repository, reference: signatureTag(address.digest) }];
}

function parseReleaseAddress(text: string): ReleaseAddress {
  const groups = /^(?<repository>.+):(?<tag>[^:@]+)@(?<digest>sha256:[0-9a-f]{64})$/.exec(text)?.groups;
  if (groups?.repository === undefined || groups.tag === undefined || groups.digest === undefined) {
    throw bundleError('BUNDLE_NO_RELEASE', { subject: text, detail: 'not REPOSITORY:TAG@DIGEST' });
  }
  return { repository: groups.repository, tag: groups.tag, digest: `sha256:${groups.digest.slice(7)}` };
}

function parseName(text: string): CopyItem {
  const colon = text.lastIndexOf(':');
  if (colon <= text.lastIndexOf('/'))
    throw contentError('REFERENCE_INVALID', { subject: text, remedy: 'Write it as REPOSITORY:TAG.' });
  return { repository: text.slice(0, colon), reference: text.slice(colon + 1) };
}

// One line a second is enough for whoever reads them from a log.
function throttled(console: Console): (progress: CopyProgress) => void {
  let told = 0;
  return ({ bytesDone, bytesTotal }) => {
    if (performance.now() - told < 1000) return;
    told = performance.now();
    console.stdout.write(`${JSON.stringify({ bytesDone, bytesTotal })}\n`);
  };
}
