import { parsePublicKey } from '../../../bundle/key.ts';
import { publicPathOf, writeKeyPair } from '../../stick/keys.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';

export async function runKeyGenerate(console: Console, file: string, output: OutputFormat): Promise<void> {
  const { publicPem } = await writeKeyPair(file, console.env.SKERRY_KEY_PASSWORD || undefined);
  const { fingerprint } = parsePublicKey(publicPem, file);
  const result = { privateKey: file, publicKey: publicPathOf(file), fingerprint };
  print(console, output, result, () =>
    [
      `private key  ${file}   keep it secret`,
      `public key   ${result.publicKey}   give it to the sites, not on the stick`,
      `fingerprint  ${fingerprint}`,
    ].join('\n'),
  );
}
