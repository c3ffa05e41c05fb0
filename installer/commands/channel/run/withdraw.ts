import { editReleases } from '../../../../channel/vendor/channel-workshop.ts';
import { withdrawRelease } from '../../../../channel/vendor/edit-releases.ts';
import { LIFETIMES } from '../../../../channel/vendor/lifetimes.ts';
import { Workshop } from '../../../../channel/vendor/workshop.ts';
import type { Console, OutputFormat } from '../../../terminal/console.ts';
import { printSignings } from '../signing-report.ts';

export async function runWithdraw(
  console: Console,
  folder: string,
  [product, version]: [string, string],
  options: { reason: string },
  output: OutputFormat,
): Promise<void> {
  const workshop = new Workshop(folder);
  const edit = (all: Parameters<typeof withdrawRelease>[0]) =>
    withdrawRelease(all, product, version, options.reason);
  await editReleases(workshop, product, edit, Date.now(), LIFETIMES);
  await printSignings(console, output, workshop);
}
