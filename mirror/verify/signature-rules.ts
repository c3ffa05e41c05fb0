import { readFile } from 'node:fs/promises';
import { bundleError } from '../../bundle/errors.ts';
import { type PublicKey, parsePublicKey } from '../../bundle/key.ts';
import { verifySignature } from '../../bundle/signature.ts';
import type { Digest } from '../../content/digest.ts';
import { isSkerryError, messageOf, type SkerryError } from '../../content/error.ts';
import type { CallOptions, Store } from '../../content/store.ts';
import type { VerifyRule } from '../file/job-schema.ts';
import type { MirrorFile } from '../file/mirror-file.ts';
import type { SignerIdentity } from './signer-identity.ts';
import { isSignedBy, sigstoreBundles } from './sigstore-bundle.ts';

/** Throws an error SIGNATURE_* unless the manifest is signed as the rule asks. */
type SignatureCheck = (
  store: Store,
  repository: string,
  digest: Digest,
  options: CallOptions,
) => Promise<void>;

/** The rules of a mirror file, their keys read once. */
export class SignatureRules {
  readonly #file: MirrorFile;
  readonly #checks = new Map<VerifyRule, Promise<SignatureCheck>>();

  constructor(file: MirrorFile) {
    this.#file = file;
  }

  /**
   * Throws the first rule's error unless the manifest is signed as one of the rules asks; without rules all is well.
   * SIGNATURE_MISSING, SIGNATURE_WRONG_KEY, SIGNATURE_INVALID, KEY_INVALID, and what verifyIdentity throws.
   */
  async verify(
    rules: readonly VerifyRule[],
    store: Store,
    { repository, digest }: { repository: string; digest: Digest },
    options: CallOptions,
  ): Promise<void> {
    let first: SkerryError | undefined;
    for (const rule of rules) {
      const check = this.#checks.get(rule) ?? this.#open(rule);
      this.#checks.set(rule, check);
      try {
        await (await check)(store, repository, digest, options);
        return;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!isSkerryError(error)) throw error;
        first ??= error;
      }
    }
    if (first !== undefined) throw first;
  }

  async #open({ key, identity, identityMatch, issuer, trustedRoot }: VerifyRule): Promise<SignatureCheck> {
    if (key !== undefined) return byKey(await readPublicKey(this.#file.resolve(key)));
    if (issuer === undefined || trustedRoot === undefined) throw new Error('a rule without key and issuer');
    return await byIdentity({ identity, identityMatch, issuer }, this.#file.resolve(trustedRoot));
  }
}

async function readPublicKey(path: string): Promise<PublicKey> {
  const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw bundleError('KEY_INVALID', { subject: path, detail: messageOf(cause), cause });
  });
  return parsePublicKey(pem, path);
}

function byKey(key: PublicKey): SignatureCheck {
  return async (store, repository, digest, options) => {
    try {
      await verifySignature(store, repository, digest, key, options);
    } catch (error) {
      if (!isSkerryError(error) || !error.code.startsWith('SIGNATURE_')) throw error;
      for await (const bundle of sigstoreBundles(store, repository, digest, options))
        if (isSignedBy(bundle, key)) return;
      throw error;
    }
  };
}

// Sigstore's formats are loaded for those who use them alone: they cost more than the rest of a mirror's start.
async function byIdentity(trusted: SignerIdentity, rootPath: string): Promise<SignatureCheck> {
  const [{ readTrustedRoot }, { verifyIdentity }] = await Promise.all([
    import('./trusted-root.ts'),
    import('./signer-identity.ts'),
  ]);
  const root = await readTrustedRoot(rootPath);
  return async (store, repository, digest, options) =>
    await verifyIdentity(store, { repository, digest }, { trusted, root }, options);
}
