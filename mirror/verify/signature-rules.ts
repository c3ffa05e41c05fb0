import { readFile } from 'node:fs/promises';
import { bundleError } from '../../bundle/errors.ts';
import { type PublicKey, parsePublicKey } from '../../bundle/key.ts';
import { verifySignature } from '../../bundle/signature.ts';
import type { Digest } from '../../content/digest.ts';
import { isSkerryError, messageOf, type SkerryError } from '../../content/error.ts';
import type { CallOptions, Store } from '../../content/store.ts';
import type { VerifyRule } from '../file/job-schema.ts';
import type { MirrorFile } from '../file/mirror-file.ts';
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
   * SIGNATURE_MISSING, SIGNATURE_WRONG_KEY, SIGNATURE_INVALID, KEY_INVALID.
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

  async #open({ key }: VerifyRule): Promise<SignatureCheck> {
    const path = this.#file.resolve(key);
    const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw bundleError('KEY_INVALID', { subject: path, detail: messageOf(cause), cause });
    });
    return byKey(parsePublicKey(pem, path));
  }
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
