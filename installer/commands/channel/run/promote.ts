import { editReleases } from '../../../../channel/vendor/channel-workshop.ts';
import { promoteRelease } from '../../../../channel/vendor/edit-releases.ts';
import { LIFETIMES } from '../../../../channel/vendor/lifetimes.ts';
import { Workshop } from '../../../../channel/vendor/workshop.ts';
import type { Console, OutputFormat } from '../../../terminal/console.ts';
import { printSignings } from '../signing-report.ts';

export async function runPromote(
  console: Console,
  folder: string,
  [product, version]: [string, string],
  output: OutputFormat,
): Promise<void> {
  const workshop = new Workshop(folder);
  const edit = (all: Parameters<typeof promoteRelease>[0]) => promoteRelease(all, product, version);
  await editReleases(workshop, product, edit, Date.now(), LIFETIMES);
  await printSignings(console, output, workshop);
}
