import type { KubeClient } from '../../../apply/client/client.ts';
import { applyError } from '../../../apply/errors.ts';
import { groupOf, type KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { mapLimited } from '../../../content/limit.ts';
import type { PackPermission } from '../../../content/pack-format.ts';
import { verbsOf } from '../../desired/permissions.ts';

const WIDTH = 4;

interface Missing {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
}

/**
 * Asks the cluster whether the agent may do all that a layer takes, before anything of it is applied.
 * Throws CLUSTER_FORBIDDEN, which names the rules that are missing.
 */
export async function checkPermissions(
  client: Pick<KubeClient, 'canI'>,
  subject: string,
  permissions: readonly PackPermission[],
  signal: AbortSignal,
): Promise<void> {
  const missing = (
    await mapLimited(permissions, WIDTH, async (permission) => await missingOf(client, permission, signal))
  ).flat();
  if (missing.length === 0) return;
  throw applyError('CLUSTER_FORBIDDEN', {
    subject,
    detail: `the agent's ClusterRole has no ${missing.map(describe).join('; ')}`,
    remedy:
      "Apply the agent's manifest of this cluster again, which has the rules that its profiles need, as an administrator of the cluster.",
  });
}

/** What objects take; those of kinds that the cluster does not serve are reported when they are applied. */
export async function permissionsForObjects(
  client: Pick<KubeClient, 'resource'>,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<PackPermission[]> {
  const kinds = new Map(
    objects.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]),
  );
  const found = await mapLimited(kinds.values(), WIDTH, async ({ apiVersion, kind }) => {
    const plural = await pluralOf(client, apiVersion, kind, signal);
    return plural === undefined ? [] : [{ group: groupOf(apiVersion), resource: plural }];
  });
  return found.flat();
}

async function pluralOf(
  client: Pick<KubeClient, 'resource'>,
  apiVersion: string,
  kind: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await client.resource(apiVersion, kind, { signal })).plural;
  } catch (error) {
    if (isSkerryError(error, 'KIND_UNKNOWN')) return undefined;
    throw error;
  }
}

async function missingOf(
  client: Pick<KubeClient, 'canI'>,
  permission: PackPermission,
  signal: AbortSignal,
): Promise<Missing[]> {
  const { group, resource } = permission;
  const asked = await mapLimited(verbsOf(permission), 1, async (verb) => {
    const { allowed } = await client.canI({ verb, group, resource }, { signal });
    return allowed ? [] : [verb];
  });
  const verbs = asked.flat();
  return verbs.length === 0 ? [] : [{ group, resource, verbs }];
}

function describe({ group, resource, verbs }: Missing): string {
  return `rule {apiGroups: [${JSON.stringify(group)}], resources: [${resource}], verbs: [${verbs.join(', ')}]}`;
}
