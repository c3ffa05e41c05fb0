import { isSkerryError } from '../../../content/error.ts';
import type { Collected, SupportContext } from '../part.ts';

/** What `question` finds; undefined, and noted, where the cluster does not answer it. The rest is tried all the same. */
export async function ask<T>(
  { signal }: Pick<SupportContext, 'signal'>,
  into: Collected,
  what: string,
  question: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await question();
  } catch (error) {
    signal.throwIfAborted();
    if (!isSkerryError(error)) throw error;
    into.miss(what, `${error.code}${error.detail === undefined ? '' : `: ${error.detail}`}`);
    return undefined;
  }
}
