import type { EnvelopeLayer } from '../../../desired/envelope.ts';
import { collectFindings, type Finding, type Report } from '../finding.ts';
import type { PlannedLayer } from '../plan-layers.ts';
import { type AccountCredentials, accountLayer } from './account-layer.ts';
import { awsServices, otherEndpoint } from './aws-services.ts';
import { CACHE_LAYER, cacheLayer } from './cache-layer.ts';
import { type ClusterLayerInput, clusterLayer } from './cluster-layer.ts';
import { type AccountSources, findAccount } from './find-account.ts';
import { keysInPlace } from './keys-in-place.ts';
import { accountLayerName, clusterLayerName, machinesLayerName } from './layer-names.ts';
import { leavingLayer } from './leaving-layer.ts';
import { type MachineDefaults, machinesLayer } from './machines-layer.ts';
import type { MadeCluster, NamedAccount, NamedGateway } from './made-cluster.ts';
import { isSystemLayer, type SystemPackName, type SystemPacks, systemLayer } from './system-packs.ts';

export interface GatewaySources
  extends AccountSources,
    Pick<ClusterLayerInput, 'packs' | 'packsPrefix' | 'checkPlacement'> {
  readonly gateway: NamedGateway;
  /** Those that name the gateway, with what their Secrets have. */
  readonly accounts: readonly { readonly account: NamedAccount; readonly credentials: AccountCredentials }[];
  /** Those that are made with one of these accounts. */
  readonly clusters: readonly MadeCluster[];
  readonly machines: MachineDefaults;
  /** Whether the agent has applied a layer as the last envelope has it. */
  readonly isApplied: (layer: string) => boolean;
}

export interface GatewayPlan {
  readonly layers: readonly PlannedLayer[];
  readonly findings: readonly Finding[];
  /** By name. */
  readonly accountFindings: ReadonlyMap<string, readonly Finding[]>;
  /** By `PROJECT/NAME`. */
  readonly clusterFindings: ReadonlyMap<string, readonly Finding[]>;
}

/**
 * The layers that a cluster gets for being a gateway. What cannot be made again stays as the last envelope has it, and so
 * does what nobody knows any more: a layer goes only when its own object is being deleted.
 */
export function planGateway(
  sources: GatewaySources | undefined,
  last: readonly EnvelopeLayer[],
): GatewayPlan {
  const before = new Map(last.filter(isSystemLayer).map((layer) => [layer.name, layer]));
  const { findings, report } = collectFindings();
  const plan = {
    accountFindings: new Map<string, Finding[]>(),
    clusterFindings: new Map<string, Finding[]>(),
  };
  if (sources === undefined) return { ...plan, findings, layers: [...before.values()].map(kept) };
  const planned = new Map<string, PlannedLayer>();
  const gone = new Set<string>();
  const add = (layer: PlannedLayer | undefined) => layer !== undefined && planned.set(layer.name, layer);
  for (const layer of baseLayers(sources, before, report)) add(layer);
  planCache({ sources, before, planned, gone }, report);
  planAccounts({ sources, before, planned, gone }, plan.accountFindings, report);
  planMachines({ sources, before, planned, gone }, report);
  planClusters({ sources, before, planned, gone }, plan.clusterFindings);
  if (isFree(sources)) for (const name of before.keys()) gone.add(name);
  for (const [name, layer] of before) if (!planned.has(name) && !gone.has(name)) add(kept(layer));
  return { ...plan, findings, layers: [...planned.values()].filter(({ name }) => !gone.has(name)) };
}

interface Planning {
  readonly sources: GatewaySources;
  readonly before: ReadonlyMap<string, EnvelopeLayer>;
  readonly planned: Map<string, PlannedLayer>;
  /** Names of layers that are to be named for removal. */
  readonly gone: Set<string>;
}

/** Whether a gateway that is being deleted has nothing left to do. */
function isFree({ gateway, accounts, clusters }: GatewaySources): boolean {
  return gateway.isLeaving && accounts.length === 0 && clusters.length === 0;
}

// Cluster API's controllers wait for certificates that `infra` makes.
function baseLayers(
  sources: GatewaySources,
  before: ReadonlyMap<string, EnvelopeLayer>,
  report: Report,
): PlannedLayer[] {
  const { gateway, accounts, isApplied, packs, packsPrefix } = sources;
  const { name, project, spec } = gateway;
  const values = {
    gateway: { project, name },
    ...(spec.maxConcurrent === undefined ? {} : { maxConcurrent: spec.maxConcurrent }),
    pools: spec.pools ?? [],
  };
  const aws = accounts.map(({ account }) => account).filter(({ spec }) => spec.type === 'aws');
  const base = [
    { pack: 'infra', namespace: 'skerry-infra', values, dependsOn: [] },
    { pack: 'cluster-api', namespace: 'capi-system', values: {}, dependsOn: ['infra'] },
    ...(aws.length > 0
      ? [
          {
            pack: 'cluster-api-aws',
            namespace: 'capa-system',
            values: { credentials: keysInPlace(aws, { before, isApplied }), ...awsServices(aws) },
            dependsOn: ['cluster-api'],
          } as const,
        ]
      : []),
  ] as const;
  return base.flatMap(({ pack: packName, namespace, values, dependsOn }) => {
    const pack = neededPack(packs, packName, report);
    if (pack === undefined) return [];
    const layer = {
      ...systemLayer(packName, namespace, packName, pack, packsPrefix),
      values,
      dependsOn: [...dependsOn],
    };
    return [
      {
        name: packName,
        layer,
        dependsOn: layer.dependsOn,
        secrets: undefined,
        registry: undefined,
        path: 'spec',
      },
    ];
  });
}

function planCache({ sources, before, planned, gone }: Planning, report: Report): void {
  const { gateway, machines, packs, packsPrefix } = sources;
  if (gateway.spec.nodes?.registry?.cache === undefined) return void gone.add(CACHE_LAYER);
  const pack = neededPack(packs, CACHE_LAYER, report);
  const layer = pack && cacheLayer(gateway, machines.secretText, pack, packsPrefix, report);
  if (layer === undefined) keep(CACHE_LAYER, before, planned);
  else planned.set(CACHE_LAYER, layer);
}

function neededPack(packs: SystemPacks, name: SystemPackName, report: Report) {
  return packs(name) ?? report('GATEWAY_PACK_MISSING', 'spec', name);
}

function planAccounts(
  { sources, before, planned, gone }: Planning,
  told: Map<string, Finding[]>,
  reportGateway: Report,
): void {
  const { accounts, clusters, packs, packsPrefix } = sources;
  const pack = accounts.length === 0 ? undefined : neededPack(packs, 'cloud-account', reportGateway);
  if (pack === undefined) return;
  for (const { account, credentials } of accounts) {
    const name = accountLayerName(account.name);
    const isUsed = clusters.some((cluster) => accountOf(cluster) === `${account.project}/${account.name}`);
    if (account.isLeaving && !isUsed) {
      gone.add(name);
      continue;
    }
    const { findings, report } = collectFindings();
    const other = otherEndpoint(
      account,
      accounts.map((one) => one.account),
    );
    const layer =
      other === undefined
        ? accountLayer(account, credentials, pack, packsPrefix, report)
        : report('ACCOUNT_ENDPOINTS_DIFFER', 'spec.endpoint', `${other} has another one for the region`);
    told.set(account.name, [...findings]);
    if (layer !== undefined) planned.set(name, layer);
    else keep(name, before, planned);
  }
}

function accountOf({ project, provision }: MadeCluster): string {
  return `${provision.accountProject ?? project}/${provision.account}`;
}

function planMachines({ sources, before, planned, gone }: Planning, report: Report): void {
  const { clusters, machines, packs, packsPrefix } = sources;
  const projects = [...new Set(clusters.map(({ project }) => project))].sort();
  const pack = projects.length === 0 ? undefined : neededPack(packs, 'machine-defaults', report);
  const wanted = projects.map(machinesLayerName);
  const isOurs = ({ pack: { repository } }: EnvelopeLayer) =>
    repository === `${packsPrefix}/machine-defaults`;
  // No cluster of the project is left, so that nobody reads it.
  for (const [name, layer] of before)
    if (isOurs(layer) && !wanted.includes(name) && !isNeeded(name, before, gone)) gone.add(name);
  if (pack === undefined) return;
  for (const project of projects) {
    const layer = machinesLayer(project, sources.gateway, machines, pack, packsPrefix, report);
    if (layer !== undefined) planned.set(layer.name, layer);
    else keep(machinesLayerName(project), before, planned);
  }
}

// A cluster that the hub does not know any more keeps its layer, and that needs this one.
function isNeeded(
  name: string,
  before: ReadonlyMap<string, EnvelopeLayer>,
  gone: ReadonlySet<string>,
): boolean {
  return [...before.values()].some((layer) => layer.dependsOn.includes(name) && !gone.has(layer.name));
}

function planClusters({ sources, before, planned, gone }: Planning, told: Map<string, Finding[]>): void {
  const names = machineNames(sources.clusters);
  for (const cluster of sources.clusters) {
    const key = `${cluster.project}/${cluster.name}`;
    const layerName = clusterLayerName(cluster.project, cluster.name);
    const layerBefore = before.get(layerName);
    if (cluster.isLeaving) {
      const left =
        layerBefore === undefined
          ? undefined
          : leavingLayer(cluster, layerBefore, sources.isApplied(layerName));
      if (left === undefined) gone.add(layerName);
      else planned.set(layerName, kept(left));
      continue;
    }
    const { findings, report } = collectFindings();
    const layer = planCluster({ sources, planned }, cluster, layerBefore, names, report);
    told.set(key, [...findings]);
    if (layer !== undefined) planned.set(layerName, layer);
    else keep(layerName, before, planned);
  }
}

function planCluster(
  { sources, planned }: Pick<Planning, 'sources' | 'planned'>,
  cluster: MadeCluster,
  before: EnvelopeLayer | undefined,
  names: ReadonlyMap<string, string>,
  report: Report,
): PlannedLayer | undefined {
  const found = findAccount(cluster, sources, report);
  if (found === undefined) return undefined;
  const taken = namesOf(cluster).find((name) => names.get(`${cluster.project}/${name}`) !== cluster.name);
  if (taken !== undefined)
    return report(
      'MACHINE_NAMES_TAKEN',
      'metadata.name',
      `${taken}, which cluster ${names.get(`${cluster.project}/${taken}`)} has`,
    );
  const { cluster: home, movedTo } = found.gateway.spec;
  if (before === undefined && cluster.isMade === true && movedTo !== home)
    return report(
      'GATEWAY_ELSEWHERE',
      'spec.provision.account',
      `gateway ${found.gateway.name} has not made it in cluster ${home}`,
    );
  const account = accountLayerName(found.account.name);
  if (!planned.has(account))
    return report(
      'ACCOUNT_NOT_READY',
      'spec.provision.account',
      `${found.account.project}/${found.account.name}`,
    );
  return clusterLayer({ ...sources, ...found, cluster, before }, report);
}

/** Whose each name of a group of machines is: the oldest cluster's of its project. */
function machineNames(clusters: readonly MadeCluster[]): Map<string, string> {
  const names = new Map<string, string>();
  const byAge = clusters.toSorted(
    (a, b) => a.created.localeCompare(b.created) || a.name.localeCompare(b.name),
  );
  for (const cluster of byAge) {
    for (const name of namesOf(cluster)) {
      const key = `${cluster.project}/${name}`;
      if (!names.has(key)) names.set(key, cluster.name);
    }
  }
  return names;
}

function namesOf({ name, provision: { pools = [] } }: MadeCluster): string[] {
  return ['control-plane', ...pools.map((pool) => pool.name)].map((pool) => `${name}-${pool}`);
}

function keep(
  name: string,
  before: ReadonlyMap<string, EnvelopeLayer>,
  planned: Map<string, PlannedLayer>,
): void {
  const layer = before.get(name);
  if (layer !== undefined) planned.set(name, kept(layer));
}

/** A layer as it was; what is sealed in it stays as it is. */
function kept(layer: EnvelopeLayer): PlannedLayer {
  const { name, dependsOn } = layer;
  return { name, layer, dependsOn, secrets: undefined, registry: undefined, path: 'spec' };
}
