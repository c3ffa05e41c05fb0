import type { Signing } from '../../../channel/vendor/sign.ts';
import { signings } from '../../../channel/vendor/sign.ts';
import type { Workshop } from '../../../channel/vendor/workshop.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';

/** Prints what is staged and who still has to sign it. */
export async function printSignings(
  console: Console,
  output: OutputFormat,
  workshop: Workshop,
  extra: object = {},
): Promise<void> {
  const staged = await signings(workshop);
  print(console, output, { ...extra, staged }, () => formatSignings(staged));
}

function formatSignings(staged: readonly Signing[]): string {
  if (staged.length === 0) return 'nothing is staged';
  const lines = staged.map(({ role, version, signed, threshold, complete, keys }) => {
    const missing = keys.filter((key) => !signed.includes(key)).map((key) => key.slice(0, 12));
    const state = complete
      ? 'signed'
      : `${signed.length} of ${threshold} signatures; may sign: ${missing.join(', ')}`;
    return `${role} ${version}  ${state}`;
  });
  const next = staged.every(({ complete }) => complete) ? 'skerry channel publish' : 'skerry channel sign';
  return [...lines, '', `next: ${next}`].join('\n');
}
