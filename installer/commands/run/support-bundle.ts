import { resolve } from 'node:path';
import { connectCluster } from '../../../apply/client/kube.ts';
import { installerError } from '../../errors.ts';
import { VERSION } from '../../program.ts';
import type { SupportBundle } from '../../support/support-bundle.ts';
import { writeSupportBundle } from '../../support/write-bundle.ts';
import { kubeconfigPath } from '../../terminal/cli-options.ts';
import { type Console, type OutputFormat, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import type { SupportOptions } from '../support-bundle.ts';

export async function runSupportBundle(
  console: Console,
  options: SupportOptions,
  output: OutputFormat,
): Promise<void> {
  const now = () => new Date();
  const file = resolve(options.file ?? `skerry-support-${stamp(now())}.tar.gz`);
  const made = await interruptible(
    (signal) => make(console, { options, output, file, now }, signal),
    (error) => reportError(console, output, error),
  );
  const { said, ...summary } = made.summary;
  const bytes = made.archive.length;
  print(console, output, { file, bytes, ...summary }, () =>
    [
      ...said,
      '',
      ...made.summary.missing.map(({ part, what, why }) => `not had     ${part}: ${what}: ${why}`),
      `wrote       ${file}, ${formatBytes(bytes)}; begin with its README.md`,
    ].join('\n'),
  );
}

const LOG_LINES = 20_000;

interface Making {
  readonly options: SupportOptions;
  readonly output: OutputFormat;
  readonly file: string;
  readonly now: () => Date;
}

async function make(
  console: Console,
  { options, output, file, now }: Making,
  signal: AbortSignal,
): Promise<SupportBundle> {
  const path = kubeconfigPath(options, console.env);
  const client = await connectCluster({ path, context: options.context }, { attempts: 2 });
  const { makeSupportBundle } = await import('../../support/support-bundle.ts');
  const limits = {
    ...{ totalBytes: options.maxSize, partBytes: options.maxPart, fileBytes: options.maxLog },
    ...{ partMs: options.partTimeout * 1000, logBytes: options.maxLog, logLines: LOG_LINES },
  };
  const made: SupportBundle[] = [];
  await runSteps(console, output, [
    {
      title: 'Collect what support needs',
      run: async (onProgress) => {
        made.push(await makeSupportBundle({ client, version: VERSION, now, limits, onProgress, signal }));
      },
    },
  ]);
  const [bundle] = made;
  if (bundle === undefined) throw installerError('INTERNAL', { subject: file });
  await writeSupportBundle(file, bundle.archive);
  return bundle;
}

/** `20300101T120000Z`: names sort by time, and every file system takes them. */
function stamp(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
}
