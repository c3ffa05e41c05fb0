import type { SigningKey } from '../../../bundle/key.ts';
import type { Signer } from '../../../channel/metadata/signer.ts';

/** A key of releases signs channels as well. */
export function channelSigner({ publicKey, sign }: SigningKey): Signer {
  return { publicPem: publicKey.pem, sign };
}
