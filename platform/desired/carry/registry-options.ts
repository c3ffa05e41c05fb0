import { type Command, InvalidArgumentError } from 'commander';

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

function append(text: string, before: readonly NamedAddress[]): NamedAddress[] {
  const [, name = '', address = ''] = /^(?:([a-z0-9-]+)=)?(\S+)$/.exec(text) ?? [];
  if (address === '') throw new InvalidArgumentError('an address, or NAME=ADDRESS');
  return [...before, { name, address }];
}
