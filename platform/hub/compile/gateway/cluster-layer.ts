import { isJsonObject, type JsonObject, textAt } from '../../../../apply/json.ts';
import type { EnvelopeLayer } from '../../../desired/envelope.ts';
import { checkValues } from '../check-values.ts';
import type { Report } from '../finding.ts';
import type { PlannedLayer } from '../plan-layers.ts';
import { clusterValues } from './cluster-values.ts';
import { checkStep, chooseVersion, isWanted, offeredVersions } from './kubernetes-version.ts';
import { accountLayerName, clusterLayerName, clustersNamespace, machinesLayerName } from './layer-names.ts';
import type { MadeCluster, NamedAccount, NamedGateway, PlacementCheck } from './made-cluster.ts';
import { type SystemPack, type SystemPacks, systemLayer } from './system-packs.ts';

export interface ClusterLayerInput {
  readonly cluster: MadeCluster;
  readonly account: NamedAccount;
  readonly gateway: NamedGateway;
  /** Its layer in the last envelope. */
  readonly before: EnvelopeLayer | undefined;
  readonly packs: SystemPacks;
  readonly packsPrefix: string;
  readonly checkPlacement: PlacementCheck;
}

const PATH = 'spec.provision';
const AWS = 'aws';

/**
 * What waits for machines would hold one of the few places that an agent has for layers, and how they fare is told
 * beside: so the layer is ready when its objects were taken.
 */
const NOT_WAITED_FOR = [
  { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster' },
  { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'MachineDeployment' },
  { apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2', kind: 'KubeadmControlPlane' },
  { apiVersion: 'infrastructure.skerry.dev/v1alpha1', kind: 'SkerryCluster' },
].map((rule) => ({ ...rule, ignore: true }));
const NOT_WAITED_FOR_IN_AWS = [
  { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster' },
  { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'MachinePool' },
  { apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2', kind: 'AWSManagedControlPlane' },
  { apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2', kind: 'AWSManagedCluster' },
  { apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2', kind: 'AWSManagedMachinePool' },
  { apiVersion: 'infrastructure.skerry.dev/v1alpha1', kind: 'SkerryCluster' },
].map((rule) => ({ ...rule, ignore: true }));

/**
 * The layer of a cluster that is made. Its pack stays of the version that it was made with until its Kubernetes changes:
 * what another version makes of the same values may be other machines. Undefined where anything was reported.
 */
export function clusterLayer(input: ClusterLayerInput, outer: Report): PlannedLayer | undefined {
  const { cluster, account, before, packsPrefix } = input;
  const { project, name, provision, token, rules = [] } = cluster;
  let isSound = true;
  const report: Report = (code, path, detail) => {
    isSound = false;
    return outer(code, path, detail);
  };
  const packName = account.spec.type === AWS ? 'eks-cluster' : 'machine-cluster';
  const chosen = choosePack(input, packName, report);
  if (chosen === undefined) return undefined;
  const { pack, kubernetes } = chosen;
  const id = idOf(before) ?? cluster.uid;
  const values = clusterValues({ ...input, id, kubernetes }, report);
  checkValues(pack.config, values, PATH, report, { secret: false });
  if (!isSound) return undefined;
  const layerName = clusterLayerName(project, name);
  const dependsOn = [
    ...(account.spec.type === AWS ? ['cluster-api-aws'] : ['cluster-api', machinesLayerName(project)]),
    accountLayerName(account.name),
  ];
  const layer = {
    ...systemLayer(layerName, clustersNamespace(project), packName, pack, packsPrefix),
    values,
    dependsOn,
    health: account.spec.type === AWS ? NOT_WAITED_FOR_IN_AWS : NOT_WAITED_FOR,
    onRemove: provision.deletion === 'orphan' ? ('keep' as const) : ('prune' as const),
  };
  const secrets =
    token === undefined ? undefined : { enrollment: { token, ...(rules.length === 0 ? {} : { rules }) } };
  const key = `${project}/${name}`;
  return { name: layerName, layer, dependsOn, secrets, registry: undefined, path: PATH, cluster: key };
}

function choosePack(
  { cluster, before, packs }: ClusterLayerInput,
  packName: 'eks-cluster' | 'machine-cluster',
  report: Report,
): { pack: SystemPack; kubernetes: string } | undefined {
  const wanted = cluster.provision.kubernetes;
  const path = `${PATH}.kubernetes`;
  const has = textAt(before?.values, 'kubernetes');
  const kept = before === undefined ? undefined : packs(packName, before.pack.version);
  if (has !== undefined && kept !== undefined && isWanted(has, wanted))
    return { pack: kept, kubernetes: has };
  const pack = packs(packName);
  if (pack === undefined) return report('GATEWAY_PACK_MISSING', path, packName);
  const kubernetes = chooseVersion(offeredVersions(pack.config), wanted, path, report);
  if (kubernetes === undefined) return undefined;
  checkStep(has, kubernetes, path, report);
  return { pack, kubernetes };
}

/** What the machines of a cluster are marked with; it was taken from the object that first asked for them. */
function idOf(before: { readonly values: JsonObject } | undefined): string | undefined {
  const id = isJsonObject(before?.values) ? textAt(before.values, 'cluster', 'id') : undefined;
  return id === '' ? undefined : id;
}
