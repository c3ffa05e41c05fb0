import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../../apply/client/client.ts';
import { objectAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';

const TRIES = 5;

/** The fields of a status that are to change; undefined where nothing is. */
export type StatusChange = (object: KubeObject) => object | undefined;

/**
 * Changes fields of an object's status and leaves what others wrote alone: it is read, changed and written again when
 * somebody else was faster. False when there was nothing to change, or no such object. Throws OBJECT_CHANGED when others
 * were faster each time.
 */
export async function updateStatus(
  client: Pick<KubeClient, 'get' | 'replace'>,
  reference: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>,
  change: StatusChange,
  signal: AbortSignal,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const object = await client.get(reference, { signal });
    const changed = object === undefined ? undefined : change(object);
    if (object === undefined || changed === undefined) return false;
    const before = objectAt(object, 'status') ?? {};
    const status: unknown = JSON.parse(JSON.stringify({ ...before, ...changed }));
    if (isDeepStrictEqual(status, before)) return false;
    try {
      await client.replace({ ...object, status }, { signal, subresource: 'status' });
      return true;
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED') || attempt === TRIES) throw error;
    }
  }
}
