import { parseManifests } from '../../apply/manifest.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Member } from './fleet.ts';
import type { HubUser } from './hub-user.ts';
import type { Managed } from './managed.ts';
import { until } from './until.ts';

/** Applies a manifest as kubectl would. */
export async function applyText(cluster: Cluster, text: string): Promise<void> {
  for (const object of parseManifests(text, 'manifest')) {
    // A kind or a namespace that has just been made may take a moment.
    await until(`${object.kind} ${object.metadata.name} is applied`, async () => {
      await cluster.api.apply(object);
      return true;
    });
  }
}

/** Lets an agent in as people do: one prints a manifest, another applies it, and the first accepts the key that asks. */
export async function enroll(user: HubUser, { name, cluster }: Member, managed: Managed): Promise<string> {
  const manifest = await user.run(['cluster', 'enroll', name]);
  await applyText(cluster, manifest);
  const key = await requestOf(managed);
  await user.run(['cluster', 'accept', name, '--key', key]);
  await managed.until('has an agent', ({ agent }) => agent !== undefined);
  return manifest;
}

/** The key that asks to be the cluster's agent. */
export async function requestOf(managed: Managed): Promise<string> {
  return await until(
    `${managed.name}: somebody asks to join`,
    async () => (await managed.read())?.status?.request?.key,
  );
}
