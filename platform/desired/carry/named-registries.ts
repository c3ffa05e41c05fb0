import { readFile } from 'node:fs/promises';
import { messageOf } from '../../../content/error.ts';
import { credentialFiles } from '../../../content/remote/credentials.ts';
import { openRemote, type RemoteStore } from '../../../content/remote/store.ts';
import { platformError } from '../../errors.ts';
import type { RegistryFlags } from './registry-options.ts';

/** Registries by the names that envelopes have for them. */
export interface NamedRegistries {
  /** Throws CARRY_REGISTRY_UNNAMED. */
  readonly of: (name: string) => RemoteStore;
  readonly close: () => Promise<void>;
}

export async function openNamedRegistries(
  { registry, registryCa }: RegistryFlags,
  env: NodeJS.ProcessEnv,
): Promise<NamedRegistries> {
  const ca = registryCa === undefined ? undefined : await readCa(registryCa);
  const credentials = credentialFiles(env);
  const stores = new Map(
    registry.map(({ name, address }) => [name, openRemote(address, { ca, credentials })]),
  );
  return {
    of: (name) => {
      const store = stores.get(name) ?? stores.get('');
      if (store !== undefined) return store;
      throw platformError('CARRY_REGISTRY_UNNAMED', { subject: name });
    },
    close: async () => {
      for (const store of stores.values()) await store.close();
    },
  };
}

async function readCa(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw platformError('CARRY_OPTION_INVALID', {
      subject: '--registry-ca',
      detail: messageOf(cause),
      cause,
    });
  });
}
