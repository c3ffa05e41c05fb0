import { Command } from 'commander';
import { parsePublicKey } from '../../bundle/key.ts';
import { publicPathOf, writeKeyPair } from '../stick/keys.ts';
import { globalOptions } from '../terminal/cli-options.ts';
import { type Console, print } from '../terminal/console.ts';

export function keyCommand(console: Console): Command {
  const key = new Command('key');
  key
    .command('generate')
    .description('make a key pair: FILE is the private key, FILE with .pub the public one')
    .argument('[file]', 'where to write the private key', 'release.key')
    .addHelpText(
      'after',
      '\nThe private key is encrypted when SKERRY_KEY_PASSWORD is set.\n\nExample:\n  skerry key generate vendor.key',
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { publicPem } = await writeKeyPair(file, console.env.SKERRY_KEY_PASSWORD || undefined);
      const { fingerprint } = parsePublicKey(publicPem, file);
      const result = { privateKey: file, publicKey: publicPathOf(file), fingerprint };
      print(console, globalOptions(command).output, result, () =>
        [
          `private key  ${file}   keep it secret`,
          `public key   ${result.publicKey}   give it to the sites, not on the stick`,
          `fingerprint  ${fingerprint}`,
        ].join('\n'),
      );
    });
  return key;
}
