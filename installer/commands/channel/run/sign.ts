import { signStaged } from '../../../../channel/vendor/sign.ts';
import { Workshop } from '../../../../channel/vendor/workshop.ts';
import { openSigningKey } from '../../../stick/keys.ts';
import type { Console, OutputFormat } from '../../../terminal/console.ts';
import { channelSigner } from '../channel-signer.ts';
import { printSignings } from '../signing-report.ts';

export async function runSign(
  console: Console,
  folder: string,
  options: { key: string },
  output: OutputFormat,
): Promise<void> {
  const workshop = new Workshop(folder);
  const { key } = await openSigningKey(options.key, console.env);
  await signStaged(workshop, channelSigner(key));
  await printSignings(console, output, workshop);
}
