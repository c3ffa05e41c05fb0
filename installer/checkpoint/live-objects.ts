import type { KubeClient } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import type { CheckpointHead } from './checkpoint-head.ts';
import { customResources } from './custom-resources.ts';
import { settingsIn } from './settings.ts';

export interface LiveReader {
  readonly client: Pick<KubeClient, 'list' | 'pages'>;
  readonly signal: AbortSignal;
}

/** The objects that a checkpoint taken right now would keep, of the same kinds and namespaces. */
export async function* liveObjects(reader: LiveReader, head: CheckpointHead): AsyncGenerator<KubeObject> {
  for (const kind of head.kinds) {
    if (kind.rule !== 'never') yield* unlessUnknown(customResources(reader, kind));
  }
  for (const namespace of head.namespaces) {
    for await (const { object } of settingsIn(reader, namespace)) yield object;
  }
}

// A kind that isn't served any more has no objects.
async function* unlessUnknown(objects: AsyncGenerator<KubeObject>): AsyncGenerator<KubeObject> {
  try {
    yield* objects;
  } catch (error) {
    if (!isSkerryError(error, 'KIND_UNKNOWN')) throw error;
  }
}
