import { readFile } from 'node:fs/promises';
import { parsePublicKey } from '../../../bundle/key.ts';
import type { ChannelKeys, RoleKeys } from '../../../channel/vendor/draft.ts';
import { installerError } from '../../errors.ts';
import type { RoleKeyOptions } from './role-key-options.ts';

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
