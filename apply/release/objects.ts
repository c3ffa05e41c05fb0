import type { KubeClient } from '../client/client.ts';
import type { Helm } from '../helm/helm.ts';
import { type ReleaseRecord, readLatestRecord } from '../helm/helm-release.ts';
import { parseManifests } from '../manifest.ts';
import type { KubeObject } from '../object.ts';
import type { ComponentName, Engine } from './component.ts';
import { isInstalledHook } from './hook.ts';
import { placedIfServed } from './place.ts';

type Reader = Pick<Engine, 'signal'> & {
  readonly client: Pick<KubeClient, 'resource' | 'list'>;
  readonly helm?: Helm;
};

export interface AppliedComponent {
  readonly record: ReleaseRecord;
  /** Hooks left out. */
  readonly objects: readonly KubeObject[];
  /** The Jobs and Pods among the hooks; most are gone once they are done. */
  readonly hooks: readonly KubeObject[];
}

/** What Helm applied for a component last; undefined when it is not installed. */
export async function readComponent(
  { client, signal }: Reader,
  { name, namespace }: ComponentName,
): Promise<AppliedComponent | undefined> {
  const record = await readLatestRecord(client, { name, namespace }, { signal });
  if (record === undefined) return undefined;
  const place = (object: KubeObject) => placedIfServed(client, object, namespace, { signal });
  const hooks = record.hooks.flatMap((text) => parseManifests(text, name)).filter(isInstalledHook);
  return {
    record,
    objects: await Promise.all(parseManifests(record.manifest, name).map(place)),
    hooks: await Promise.all(hooks.map(place)),
  };
}

/** What Helm applied for a component, hooks left out; undefined when it is not installed. */
export async function componentObjects(
  reader: Reader,
  component: ComponentName,
): Promise<readonly KubeObject[] | undefined> {
  return (await readComponent(reader, component))?.objects;
}

/** All hooks of a component as they were rendered, of whatever kind; undefined when it is not installed. */
export async function componentHooks(
  { client, signal }: Reader,
  { name, namespace }: ComponentName,
): Promise<readonly KubeObject[] | undefined> {
  const record = await readLatestRecord(client, { name, namespace }, { signal });
  const hooks = record?.hooks.flatMap((text) => parseManifests(text, name));
  return (
    hooks && (await Promise.all(hooks.map((hook) => placedIfServed(client, hook, namespace, { signal }))))
  );
}
