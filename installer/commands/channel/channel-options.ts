import type { Command } from 'commander';
import type { RootTrust } from './root-trust.ts';

export interface OpenChannelOptions extends RootTrust {
  readonly from: string;
}

export function addChannelOptions(command: Command): Command {
  return command
    .requiredOption('--from <place>', 'a stick, a channel’s folder, or a registry as http(s)://HOST[:PORT]')
    .option('--fingerprint <sha256>', 'of a root of the channel, as the vendor told it by another way')
    .option('--root <file>', 'a root of the channel that came by another way')
    .option('--state <file>', 'remember here what was seen, so that nothing older is believed later');
}
