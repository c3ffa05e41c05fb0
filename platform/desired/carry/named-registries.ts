import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../../../content/error.ts';
import { credentialFiles } from '../../../content/remote/credentials.ts';
import { openRemote, type RemoteStore } from '../../../content/remote/store.ts';
import { platformError } from '../../errors.ts';

export interface RegistryFlags {
  readonly registry: readonly NamedAddress[];
  readonly registryCa?: string;
}

interface NamedAddress {
  /** Of an envelope's registry; empty for all that no other names. */
  readonly name: string;
  readonly address: string;
}

/** The options by which a command finds the registries that envelopes name. */
export function registryOptions(command: Command, description: string): Command {
  return command
    .option(
      '--registry <address>',
      `${description}, or NAME=ADDRESS for one registry of the envelope; may be repeated`,
      append,
      [],
    )
    .option('--registry-ca <file>', "certificates (PEM) trusted for it besides the system's");
}

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

function append(text: string, before: readonly NamedAddress[]): NamedAddress[] {
  const [, name = '', address = ''] = /^(?:([a-z0-9-]+)=)?(\S+)$/.exec(text) ?? [];
  if (address === '') throw new InvalidArgumentError('an address, or NAME=ADDRESS');
  return [...before, { name, address }];
}
