import { readRecords } from '../helm/helm-release.ts';
import { parseManifests } from '../manifest.ts';
import { describeObject } from '../object.ts';
import type { ComponentName, Engine } from './component.ts';
import { hookStatus, isRunningHook } from './hook.ts';
import { placed } from './place.ts';

/**
 * Takes away what hooks of any revision have left and what did not succeed. Hooks often bear the same name in all
 * releases: that of one which failed would stand for the one of a revision that is returned to. Gives their names.
 */
export async function removeFailedHooks(
  { client, signal }: Pick<Engine, 'client' | 'signal'>,
  component: ComponentName,
): Promise<string[]> {
  const records = await readRecords(client, component, { signal });
  const hooks = records
    .flatMap((record) => record.hooks)
    .flatMap((text) => parseManifests(text, component.name))
    .filter(isRunningHook);
  const removed = new Set<string>();
  for (const hook of hooks) {
    const found = await client.get(await placed(client, hook, component.namespace, { signal }), { signal });
    if (found === undefined || hookStatus(found).status === 'Current') continue;
    await client.delete(found, { uid: found.metadata.uid, signal });
    removed.add(describeObject(found));
  }
  return [...removed];
}
