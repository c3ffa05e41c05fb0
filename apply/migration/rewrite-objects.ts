import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { KubeClient } from '../client/client.ts';
import { applyError } from '../errors.ts';
import { describeObject, type KubeObject } from '../object.ts';

export interface RewriteInput {
  readonly client: Pick<KubeClient, 'list' | 'patch'>;
  /** In a version that is served. */
  readonly kind: { readonly apiVersion: string; readonly kind: string };
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
}

const WIDTH = 8;
const EXAMPLES = 5;

/**
 * Has the API server store every object of a kind again, in the version that is stored now, by a patch that changes
 * nothing. Any other write of an object meanwhile stores it so too. Throws CRD_MIGRATION_FAILED with those that it did not take,
 * after all others.
 */
export async function rewriteObjects(input: RewriteInput): Promise<number> {
  const { client, kind, signal, onProgress } = input;
  const { items } = await client.list({ ...kind, metadataOnly: true, keep: nameOf }, { signal });
  const failures: { object: string; error: SkerryError }[] = [];
  let done = 0;
  await mapLimited(items, WIDTH, async (object) => {
    signal.throwIfAborted();
    const error = await rewrite(client, object, signal);
    if (error !== undefined) failures.push({ object: describeObject(object), error });
    onProgress(++done, items.length);
  });
  if (failures.length === 0) return items.length;
  const shown = failures
    .slice(0, EXAMPLES)
    .map(({ object, error }) => `${object}: ${error.detail ?? error.code}`);
  throw applyError('CRD_MIGRATION_FAILED', {
    subject: `${failures.length} of ${items.length} objects of ${kind.kind} in ${kind.apiVersion}`,
    detail: shown.join('; '),
    cause: failures[0]?.error,
  });
}

async function rewrite(
  client: RewriteInput['client'],
  object: KubeObject,
  signal: AbortSignal,
): Promise<SkerryError | undefined> {
  const { uid } = object.metadata;
  try {
    await client.patch(object, { metadata: { uid } }, { signal });
    return undefined;
  } catch (error) {
    // Written, or deleted and created again, by somebody else since the stored version changed.
    if (isSkerryError(error, 'OBJECT_CHANGED')) return undefined;
    const isOwnFault = isSkerryError(error) && !/^CLUSTER_(?:UN|FORBIDDEN)/.test(error.code);
    if (!isOwnFault) throw error;
    return error;
  }
}

function nameOf({ apiVersion, kind, metadata: { name, namespace, uid } }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace, uid } };
}
