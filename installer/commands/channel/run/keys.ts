import { changeKeys } from '../../../../channel/vendor/channel-workshop.ts';
import { LIFETIMES } from '../../../../channel/vendor/lifetimes.ts';
import { Workshop } from '../../../../channel/vendor/workshop.ts';
import type { Console, OutputFormat } from '../../../terminal/console.ts';
import type { RoleKeyOptions } from '../role-key-options.ts';
import { readRoleKeys } from '../role-keys.ts';
import { printSignings } from '../signing-report.ts';

export async function runKeys(
  console: Console,
  folder: string,
  options: RoleKeyOptions,
  output: OutputFormat,
): Promise<void> {
  const workshop = new Workshop(folder);
  await changeKeys(workshop, await readRoleKeys(options), Date.now(), LIFETIMES);
  await printSignings(console, output, workshop);
}
