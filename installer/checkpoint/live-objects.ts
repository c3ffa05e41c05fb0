import type { KubeClient } from '../../apply/client/client.ts';
import { groupOf, type KubeObject } from '../../apply/object.ts';
import type { CheckpointHead } from './checkpoint-head.ts';
import { customResources, type ResourceKind } from './custom-resources.ts';
import { settingsIn } from './settings.ts';

export type LiveClient = Pick<KubeClient, 'list' | 'pages' | 'isServed' | 'servedVersion'>;

export interface LiveReader {
  readonly client: LiveClient;
  readonly signal: AbortSignal;
}

/** The objects that a checkpoint taken right now would keep, of the same kinds and namespaces. */
export async function* liveObjects(reader: LiveReader, head: CheckpointHead): AsyncGenerator<KubeObject> {
  for (const kind of head.kinds) if (kind.rule !== 'never') yield* objectsOf(reader, kind);
  for (const namespace of head.namespaces) {
    for await (const { object } of settingsIn(reader, namespace)) yield object;
  }
}

/** In the version that they were kept in, also where another one alone is served now. */
async function* objectsOf(
  reader: LiveReader,
  kind: Pick<ResourceKind, 'apiVersion' | 'kind' | 'leaves'>,
): AsyncGenerator<KubeObject> {
  const { client, signal } = reader;
  const { apiVersion } = kind;
  const served = (await client.isServed(apiVersion, kind.kind, { signal }))
    ? apiVersion
    : await client.servedVersion(groupOf(apiVersion), kind.kind, { signal });
  // A kind that isn't served any more has no objects.
  if (served === undefined) return;
  for await (const object of customResources(reader, { ...kind, apiVersion: served }))
    yield { ...object, apiVersion };
}
