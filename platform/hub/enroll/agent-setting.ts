import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { PackConfig } from '../../../content/pack-format.ts';
import { ProfileUse } from '../../api/cluster.ts';
import { ClusterProfile, ClusterProfileSpec } from '../../api/cluster-profile.ts';
import { API_VERSION } from '../../api/group.ts';
import { profileObjectName } from '../../api/names.ts';
import { AGENT_NAMESPACE } from '../../desired/agent-names.ts';
import type { AgentSetting } from '../../desired/agent-objects.ts';
import type { HubDoor } from '../../desired/envelope.ts';
import { type PolicyRule, rulesOf } from '../../desired/permissions.ts';
import { platformError } from '../../errors.ts';
import { systemPackNames } from '../compile/gateway/system-packs.ts';
import type { ClusterName } from '../door/ports.ts';
import { readSystemPacks } from '../gateway/system-pack-source.ts';
import type { Catalog } from '../packs/catalog.ts';
import { clusterReference } from './stored.ts';

export interface AgentSettingOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly catalog: Pick<Catalog, 'pack' | 'versions'>;
  /** Whether a cluster is that of a gateway, whose agent applies the packs of gateways too. */
  readonly isGateway?: ((cluster: ClusterName) => boolean) | undefined;
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
  const rules = await rulesOfCluster(options, { project, name }, uses, signal);
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

/** What the agent of a cluster needs for its packs beside what every agent needs. Throws the CLUSTER_ and REGISTRY_ codes. */
export async function rulesOfCluster(
  options: Pick<AgentSettingOptions, 'client' | 'catalog' | 'isGateway'>,
  { project, name }: ClusterName,
  uses: readonly { name: string; version: string }[],
  signal: AbortSignal,
): Promise<PolicyRule[]> {
  return rulesOf([
    ...(await configsOf(options, project, uses, signal)),
    ...(options.isGateway?.({ project, name }) === true ? await gatewayConfigs(options) : []),
  ]);
}

// A profile or pack that is missing is reported by the cluster's own findings; the agent can be there before them.
async function configsOf(
  { client, catalog }: Pick<AgentSettingOptions, 'client' | 'catalog'>,
  project: string,
  uses: readonly { name: string; version: string }[],
  signal: AbortSignal,
): Promise<PackConfig[]> {
  const configs: PackConfig[] = [];
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
  return configs;
}

async function gatewayConfigs({ catalog }: Pick<AgentSettingOptions, 'catalog'>): Promise<PackConfig[]> {
  const packs = await readSystemPacks(catalog, []);
  return systemPackNames.flatMap((name) => packs(name)?.config ?? []);
}
