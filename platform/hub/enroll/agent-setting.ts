import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { isSkerryError } from '../../../content/error.ts';
import { ProfileUse } from '../../api/cluster.ts';
import { ClusterProfile, ClusterProfileSpec } from '../../api/cluster-profile.ts';
import { API_VERSION } from '../../api/group.ts';
import { profileObjectName } from '../../api/names.ts';
import { AGENT_NAMESPACE } from '../../desired/agent-names.ts';
import type { AgentSetting } from '../../desired/agent-objects.ts';
import type { HubDoor } from '../../desired/envelope.ts';
import { type PolicyRule, rulesOf } from '../../desired/permissions.ts';
import { platformError } from '../../errors.ts';
import type { ClusterName } from '../door/ports.ts';
import type { Catalog } from '../packs/catalog.ts';
import { clusterReference } from './stored.ts';

export interface AgentSettingOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly catalog: Pick<Catalog, 'pack'>;
  readonly door: () => HubDoor;
  /** What agents run, as their nodes pull it. */
  readonly image: () => Promise<string>;
  readonly version: string;
  /** Where nodes of managed clusters reach the registry. */
  readonly registry?: { readonly ip: string; readonly port: number } | undefined;
}

const Named = z.object({ spec: z.object({ profiles: z.array(ProfileUse).optional() }) });
const Profile = z.object({ spec: ClusterProfileSpec });

/** How an agent of a cluster is to be set up. Throws CLUSTER_NOT_FOUND and the CLUSTER_ codes. */
export async function agentSetting(
  options: AgentSettingOptions,
  { project, name }: ClusterName,
  token: string | undefined,
  signal: AbortSignal,
): Promise<AgentSetting> {
  const { client, door, image, version, registry } = options;
  const object = await client.get(clusterReference(project, name), { signal });
  if (object === undefined) throw platformError('CLUSTER_NOT_FOUND', { subject: `${project}/${name}` });
  const { urls, authorities, keys } = door();
  const uses = Named.safeParse(object).data?.spec.profiles ?? [];
  const rules = await rulesFor(options, project, uses, signal);
  const cluster = { project, name };
  return {
    namespace: AGENT_NAMESPACE,
    image: await image(),
    version,
    urls,
    authorities,
    keys,
    token,
    registry,
    cluster,
    rules,
  };
}

// A profile or pack that is missing is reported by the cluster's own findings; the agent can be there before them.
async function rulesFor(
  { client, catalog }: AgentSettingOptions,
  project: string,
  uses: readonly { name: string; version: string }[],
  signal: AbortSignal,
): Promise<PolicyRule[]> {
  const configs = [];
  for (const use of uses) {
    const metadata = { namespace: project, name: profileObjectName(use) };
    const object = await client.get(
      { apiVersion: API_VERSION, kind: ClusterProfile.kind, metadata },
      { signal },
    );
    for (const { name, version, registry } of Profile.safeParse(object).data?.spec.packs ?? []) {
      if (registry !== undefined) continue;
      try {
        configs.push((await catalog.pack(name, version)).config);
      } catch (error) {
        if (!isSkerryError(error, 'PACK_NOT_FOUND')) throw error;
      }
    }
  }
  return rulesOf(configs);
}
