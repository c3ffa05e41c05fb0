import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { parsePublicKey } from '../../../bundle/key.ts';
import { isProductName } from '../../../channel/metadata/product.ts';
import type { ChannelKeys, RoleKeys } from '../../../channel/vendor/draft.ts';
import { installerError } from '../../errors.ts';
import { collect } from '../../terminal/cli-options.ts';

/** Which keys sign what, as files with public keys. */
export interface RoleKeyOptions {
  readonly product: readonly string[];
  readonly key?: readonly string[];
  readonly rootKey?: readonly string[];
  readonly targetsKey?: readonly string[];
  readonly productKey?: readonly string[];
  readonly onlineKey?: readonly string[];
  readonly rootThreshold?: number;
  readonly productThreshold?: number;
}

export function addRoleKeyOptions(command: Command): Command {
  return command
    .requiredOption('--product <name>', 'a product line; may be given several times', collectProduct)
    .option('--key <file>', 'public key for every role that has none of its own', collect)
    .option('--root-key <file>', 'keys that say which keys count; keep them offline', collect)
    .option('--root-threshold <n>', 'so many of them must sign (all)', parseCount)
    .option('--targets-key <file>', 'keys that say who signs which product line', collect)
    .option('--product-key <file>', 'keys that sign the releases of the product lines', collect)
    .option('--product-threshold <n>', 'so many of them must sign (all)', parseCount)
    .option('--online-key <file>', 'keys for snapshot and timestamp, used with every publishing', collect);
}

/** Reads the keys. Throws USAGE, KEY_INVALID. */
export async function readRoleKeys(options: RoleKeyOptions): Promise<ChannelKeys> {
  const own = await readKeys(options.key);
  const role = async (
    name: string,
    files: readonly string[] | undefined,
    threshold?: number,
  ): Promise<RoleKeys> => {
    const keys = files === undefined ? own : await readKeys(files);
    if (keys.length === 0)
      throw installerError('USAGE', {
        subject: `--${name}-key`,
        detail: 'no key is given for it, and no --key',
      });
    if ((threshold ?? 1) > keys.length)
      throw installerError('USAGE', {
        subject: `--${name}-threshold`,
        detail: `there are only ${keys.length} keys`,
      });
    return { keys, threshold: threshold ?? keys.length };
  };
  const product = await role('product', options.productKey, options.productThreshold);
  return {
    root: await role('root', options.rootKey, options.rootThreshold),
    targets: await role('targets', options.targetsKey),
    // Either of several machines publishes.
    snapshot: await role('online', options.onlineKey, 1),
    timestamp: await role('online', options.onlineKey, 1),
    products: Object.fromEntries(options.product.map((name) => [name, product])),
  };
}

async function readKeys(files: readonly string[] = []): Promise<string[]> {
  return await Promise.all(
    files.map(async (file) => {
      const pem = await readFile(file, 'utf8').catch((cause: unknown) => {
        throw installerError('USAGE', { subject: file, detail: 'this public key cannot be read', cause });
      });
      return parsePublicKey(pem, file).pem;
    }),
  );
}

function collectProduct(value: string, before: readonly string[] = []): string[] {
  if (!isProductName(value)) throw new InvalidArgumentError('letters, digits and hyphens, a letter first');
  return [...before, value];
}

function parseCount(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('a number from 1 to 99');
  return Number(text);
}
