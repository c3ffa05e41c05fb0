import { type Command, InvalidArgumentError } from 'commander';
import { isProductName } from '../../../channel/metadata/product.ts';
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

function collectProduct(value: string, before: readonly string[] = []): string[] {
  if (!isProductName(value)) throw new InvalidArgumentError('letters, digits and hyphens, a letter first');
  return [...before, value];
}

function parseCount(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('a number from 1 to 99');
  return Number(text);
}
