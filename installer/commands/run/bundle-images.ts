import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openReleaseCharts } from '../../../bundle/charts/release-charts.ts';
import { accountsOf } from '../../../bundle/images/locked-accounts.ts';
import { findAndSurvey } from '../../../bundle/images/survey.ts';
import type { ImageAccount } from '../../../bundle/pin.ts';
import { readRelease } from '../../../bundle/release.ts';
import { peekRelease } from '../../../bundle/release-bundle.ts';
import { openSources, type Sources } from '../../../bundle/sources.ts';
import { tryParseReference } from '../../../content/reference.ts';
import { credentialFiles } from '../../../content/remote/credentials.ts';
import { spellingsOf } from '../../../content/spellings.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { installerError } from '../../errors.ts';
import { withScratch } from '../../scratch.ts';
import { findHelm, openHelm } from '../../stick/helm-program.ts';
import { findStick } from '../../stick/stick.ts';
import { type Console, type OutputFormat, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import type { ImagesCommandOptions } from '../bundle/images.ts';
import { accountResult, describeAccount, describeSurvey, surveyResult } from '../bundle/images-report.ts';

export async function runImages(
  console: Console,
  release: string,
  options: ImagesCommandOptions,
  output: OutputFormat,
): Promise<void> {
  await interruptible(
    async (signal) => {
      if (await isBundle(release)) await showBundle(console, release, options, output);
      else await showRelease(console, release, options, output, signal);
    },
    (error) => reportError(console, output, error),
  );
}

async function isBundle(path: string): Promise<boolean> {
  return path.endsWith('.tar') || (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

async function showRelease(
  console: Console,
  path: string,
  options: ImagesCommandOptions,
  output: OutputFormat,
  signal: AbortSignal,
): Promise<void> {
  const helmPath = await findHelm(options.helm, console.env);
  const file = await readRelease(path);
  const made = new MemoryStore('nothing yet');
  const sources = await openSources(file, made, { credentials: credentialFiles(console.env) });
  try {
    const survey = await withScratch(tmpdir(), async (scratch) => {
      const helm = openHelm(helmPath, join(scratch, 'helm'), console.env);
      const charts = await openReleaseCharts(file, { helm, sources, scratch, signal });
      return await findAndSurvey(helm, charts.file, charts.packs, sources, { scratch, signal });
    });
    if (options.why === undefined) {
      print(console, output, surveyResult(survey), () => describeSurvey(survey).join('\n'));
      return;
    }
    const found = await Promise.all(
      explained(survey.accounts, options.why).map((account) => withSearch(account, sources, signal)),
    );
    print(console, output, found.map(accountResult), () => found.flatMap(describeAccount).join('\n'));
  } finally {
    await sources.close();
  }
}

/** Says of an image that was not found where it was looked for, and what is there instead. */
async function withSearch(
  account: ImageAccount,
  sources: Sources,
  signal: AbortSignal,
): Promise<ImageAccount & { looked?: string }> {
  const reference = account.state === 'not-found' ? tryParseReference(account.reference) : undefined;
  return reference === undefined
    ? account
    : { ...account, looked: await sources.explain(reference, { signal }) };
}

/** What was known when the bundle was made. */
async function showBundle(
  console: Console,
  path: string,
  { why }: ImagesCommandOptions,
  output: OutputFormat,
): Promise<void> {
  const { release, store } = await peekRelease((await findStick(path)).bundle);
  await store.close();
  const accounts = accountsOf(release);
  const found = why === undefined ? accounts : explained(accounts, why);
  print(console, output, found.map(accountResult), () => found.flatMap(describeAccount).join('\n'));
}

/** The image of this name, however it is written, or all that have the text in their name. Throws IMAGE_NOT_NAMED. */
function explained(accounts: readonly ImageAccount[], image: string): ImageAccount[] {
  const spellings = new Set(spellingsOf(image));
  const same = accounts.filter(({ names }) => names.some((name) => spellings.has(name)));
  const found = same.length > 0 ? same : accounts.filter(({ reference }) => reference.includes(image));
  if (found.length === 0) throw installerError('IMAGE_NOT_NAMED', { subject: image });
  return found;
}
