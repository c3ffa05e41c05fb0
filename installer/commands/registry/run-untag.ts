import { isAddress } from '../../../bundle/location.ts';
import { awaitRegistry } from '../../copy/await-registry.ts';
import { openTarget } from '../../copy/content-location.ts';
import { parseTaggedName, untag } from '../../copy/untag.ts';
import { installerError } from '../../errors.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import type { UntagOptions } from './untag.ts';

interface UntagInput {
  readonly registry: string;
  readonly names: readonly string[];
  readonly options: UntagOptions;
  readonly output: OutputFormat;
  readonly signal: AbortSignal;
}

export async function runUntag(
  console: Console,
  { registry, names, options, output, signal }: UntagInput,
): Promise<void> {
  if (!isAddress(registry))
    throw installerError('USAGE', { subject: registry, detail: 'a registry is written as http(s)://HOST' });
  const tagged = names.map(parseTaggedName);
  if (options.wait !== undefined) await awaitRegistry(registry, { waitMs: options.wait * 1000, signal });
  const target = await openTarget(registry, options, console.env);
  try {
    const result = await untag(target.store, tagged, { signal });
    const { removed, absent, others } = result;
    print(console, output, result, () =>
      [
        `${removed.length} names taken out, ${absent.length} were not there`,
        ...others.map((name) => `stays, as it means something else by now: ${name}`),
      ].join('\n'),
    );
  } finally {
    await target.close();
  }
}
