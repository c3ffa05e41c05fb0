import type { Command } from 'commander';
import { installerError } from '../../errors.ts';

export interface StoreOption {
  readonly store?: string;
}

/** The option by which commands find the folder of a registry, running or not. */
export function addStoreOption(command: Command): Command {
  return command.option('--store <folder>', 'the folder that a registry serves; $SKERRY_STORE otherwise');
}

/** Throws USAGE when no store is named. */
export function storeOf({ store }: StoreOption, env: NodeJS.ProcessEnv): string {
  const folder = store ?? env.SKERRY_STORE;
  if (folder) return folder;
  throw installerError('USAGE', {
    subject: 'skerry registry',
    detail: 'name the store with --store or in SKERRY_STORE',
  });
}
