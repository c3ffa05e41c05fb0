import { isSkerryError } from '../../content/error.ts';
import type { CallOptions, KubeClient } from '../client/client.ts';
import type { KubeObject } from '../object.ts';

/** The object with its namespace written down: Helm puts those that name none into that of the release. */
export async function placed(
  client: Pick<KubeClient, 'resource'>,
  object: KubeObject,
  namespace: string,
  options: CallOptions = {},
): Promise<KubeObject> {
  const { namespaced } = await client.resource(object.apiVersion, object.kind, options);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      namespace: namespaced ? (object.metadata.namespace ?? namespace) : undefined,
    },
  };
}

/** As placed; an object whose kind is not served, not yet or not any more, stays as it is. */
export async function placedIfServed(
  ...[client, object, ...rest]: Parameters<typeof placed>
): Promise<KubeObject> {
  try {
    return await placed(client, object, ...rest);
  } catch (error) {
    if (isSkerryError(error, 'KIND_UNKNOWN')) return object;
    throw error;
  }
}
