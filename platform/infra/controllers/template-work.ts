import { INFRA_API_VERSION } from '../api/group.ts';
import type { StoredInfraCluster, StoredTemplate } from './stored.ts';
import type { InfraWorld } from './world.ts';

/** The layer that names a template may come some time after it. */
const GRACE_MS = 3_600_000;
const CLONED_FROM = 'cluster.x-k8s.io/cloned-from-name';

/** The templates of a cluster that nothing names any more, neither a pool nor a machine. */
export function unusedTemplates(
  templates: readonly StoredTemplate[],
  users: readonly unknown[],
  now: Date,
): StoredTemplate[] {
  const named = new Set<string>();
  for (const user of users) collectNames(user, named);
  return templates.filter(
    ({ metadata }) =>
      !named.has(metadata.name) && now.getTime() - Date.parse(metadata.creationTimestamp) > GRACE_MS,
  );
}

/** Deletes them. */
export async function tidyTemplates(
  world: InfraWorld,
  { metadata }: StoredInfraCluster,
  signal: AbortSignal,
): Promise<void> {
  const { templates, controlPlanes, deployments, machines, capiClusters } = world.watched;
  // Nothing follows from what could not be listed.
  if (!controlPlanes.isListed || !deployments.isListed || !capiClusters.isListed) return;
  if (capiClusters.get(`${metadata.namespace}/${metadata.name}`) === undefined) return;
  const own = [...templates.values()].filter(
    (template) =>
      template.metadata.namespace === metadata.namespace &&
      template.metadata.ownerReferences.some(
        ({ kind, name }) => kind === 'Cluster' && name === metadata.name,
      ),
  );
  const users = [...controlPlanes.values(), ...deployments.values(), ...machines.values()].filter(
    (user) => user.metadata.namespace === metadata.namespace,
  );
  for (const template of unusedTemplates(own, users, world.now())) {
    const { name, namespace, uid } = template.metadata;
    const reference = {
      apiVersion: INFRA_API_VERSION,
      kind: 'SkerryMachineTemplate',
      metadata: { name, namespace },
    };
    await world.client.delete(reference, { uid, signal });
    world.log.info({ template: name }, 'a template that nothing names any more is gone');
  }
}

// By a reference of any depth, or as what a machine was made from.
function collectNames(value: unknown, into: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if ((key === 'name' || key === CLONED_FROM) && typeof child === 'string') into.add(child);
    else collectNames(child, into);
  }
}
