import type { KubeClient } from '../client/client.ts';
import { type ReleaseRecord, wasDeployed } from '../helm/helm-release.ts';
import { parseManifests } from '../manifest.ts';
import { describeObject, type KubeObject } from '../object.ts';
import type { ComponentName } from './component.ts';
import { isHook } from './hook.ts';
import { placedIfServed } from './place.ts';

interface Reader {
  readonly client: Pick<KubeClient, 'resource'>;
  readonly signal: AbortSignal;
}

/**
 * What an upgrade deletes since it is not among what is `wanted` now: Helm compares with the revision that is deployed,
 * or with the last one where none is, and leaves alone what is marked to be kept. Hooks don't count.
 */
export async function droppedObjects(
  { client, signal }: Reader,
  { name, namespace }: ComponentName,
  records: readonly ReleaseRecord[],
  wanted: readonly KubeObject[],
): Promise<KubeObject[]> {
  const before = records.findLast(({ status }) => status === 'deployed') ?? records.at(-1);
  // A release that never was whole is installed again, which deletes nothing.
  if (before === undefined || !wasDeployed(records)) return [];
  const place = (object: KubeObject) => placedIfServed(client, object, namespace, { signal });
  const placed = await Promise.all(wanted.filter((object) => !isHook(object)).map(place));
  const staying = new Set(placed.map(describeObject));
  const applied = await Promise.all(parseManifests(before.manifest, name).map(place));
  return applied.filter((object) => !staying.has(describeObject(object)) && !isKept(object));
}

function isKept({ metadata }: KubeObject): boolean {
  return metadata.annotations?.['helm.sh/resource-policy']?.trim() === 'keep';
}
