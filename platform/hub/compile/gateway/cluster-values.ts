import { isJsonObject, type JsonObject } from '../../../../apply/json.ts';
import type { CloudType } from '../../../api/cloud-account.ts';
import type { GatewaySpec } from '../../../api/gateway.ts';
import type { Provisioning } from '../../../api/provisioning.ts';
import type { Report } from '../finding.ts';
import { mergeValues } from '../merge-values.ts';
import { clustersNamespace } from './layer-names.ts';
import { machineValues } from './machine-values.ts';
import type { MadeCluster, NamedAccount, NamedGateway, PlacementCheck } from './made-cluster.ts';
import { isNodeLabel } from './pool-labels.ts';

const PATH = 'spec.provision';
const API_PORT = 6443;
const PODS = '10.244.0.0/16';
const SERVICES = '10.96.0.0/12';
/** As Cluster API takes it for a Cluster, and short enough that machines, which are called after it, are hosts. */
const NAME = /^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$/;

export interface ValuesInput {
  readonly cluster: MadeCluster;
  /** That its machines are marked with. */
  readonly id: string;
  readonly account: NamedAccount;
  readonly gateway: NamedGateway;
  /** `v1.34.4`. */
  readonly kubernetes: string;
  readonly checkPlacement: PlacementCheck;
}

/** The values of a cluster's layer, its token left out; all that is wrong with its definition is reported. */
export function clusterValues(input: ValuesInput, report: Report): JsonObject {
  const { cluster, id, account, gateway, kubernetes, checkPlacement } = input;
  const { project, name, provision } = cluster;
  const { type, settings } = account.spec;
  if (!NAME.test(name))
    report(
      'CLUSTER_NAME_UNFIT',
      'metadata.name',
      `${name}: at most 30 small letters, digits and -, a letter first`,
    );
  checkNames(provision, report);
  checkLabels(provision, report);
  checkPlacements(provision, type, checkPlacement, report);
  const context = { type, gateway: gateway.spec, addresses: provision.addresses, kubernetes };
  const { controlPlane, pools = [], placement } = provision;
  if (controlPlane.replicas % 2 === 0)
    report('PROVISION_INVALID', `${PATH}.controlPlane.replicas`, 'etcd takes an odd number of members');
  if (provision.addresses !== undefined)
    checkPool(provision.addresses, gateway.spec, `${PATH}.addresses`, report);
  return {
    cluster: { project, name, id },
    account: {
      namespace: clustersNamespace(account.project),
      name: account.name,
      type,
      ...(type === 'aws' && settings !== undefined ? { settings } : {}),
    },
    kubernetes,
    ...endpointValues(provision, type, gateway.spec, report),
    network: { pods: provision.podCidr ?? PODS, services: provision.serviceCidr ?? SERVICES },
    ...(placement === undefined ? {} : { placement }),
    controlPlane: {
      replicas: controlPlane.replicas,
      machine: machineValues(controlPlane, context, `${PATH}.controlPlane`, report),
      ...(controlPlane.health === undefined ? {} : { health: controlPlane.health }),
    },
    pools: pools.map((pool, index) => ({
      name: pool.name,
      replicas: pool.replicas,
      machine: machineValues(pool, context, `${PATH}.pools[${index}]`, report),
      ...(pool.labels === undefined ? {} : { labels: pool.labels }),
      ...(pool.health === undefined ? {} : { health: pool.health }),
    })),
  };
}

function checkNames({ pools = [] }: Provisioning, report: Report): void {
  const seen = new Set(['control-plane']);
  for (const [index, { name }] of pools.entries()) {
    if (seen.has(name))
      report('PROVISION_INVALID', `${PATH}.pools[${index}].name`, `${name} is there already`);
    seen.add(name);
  }
}

function checkLabels({ pools = [] }: Provisioning, report: Report): void {
  for (const [index, { labels = {} }] of pools.entries())
    for (const label of Object.keys(labels))
      if (!isNodeLabel(label))
        report(
          'PROVISION_INVALID',
          `${PATH}.pools[${index}].labels`,
          `${label}: no kubelet gives its node this label`,
        );
}

function checkPlacements(
  { placement = {}, controlPlane, pools = [] }: Provisioning,
  type: CloudType,
  check: PlacementCheck,
  report: Report,
): void {
  const places = [
    { at: `${PATH}.controlPlane`, own: controlPlane.placement },
    ...pools.map((pool, index) => ({ at: `${PATH}.pools[${index}]`, own: pool.placement })),
  ];
  const told = new Set<string>();
  for (const { at, own = {} } of places) {
    for (const { path, detail } of check(type, mergeValues(placement, own))) {
      // What all of them lack is told once, of the cluster's.
      const isOwn = isJsonObject(own) && (path.split('.')[0] ?? '') in own;
      const where = `${isOwn ? at : PATH}.placement${path === '' ? '' : `.${path}`}`;
      if (!told.has(where)) report('PLACEMENT_UNFIT', where, detail);
      told.add(where);
    }
  }
}

function endpointValues(
  { endpoint = {} }: Provisioning,
  type: CloudType,
  gateway: GatewaySpec,
  report: Report,
): JsonObject {
  // Such a cloud has an API server's address of its own.
  if (type === 'aws') return { endpoint: {} };
  const { host, pool, port = API_PORT, loadBalancer } = endpoint;
  if (host === undefined && pool === undefined)
    report('ENDPOINT_MISSING', `${PATH}.endpoint`, 'give host, or a pool of the gateway');
  if (host === undefined && pool !== undefined) checkPool(pool, gateway, `${PATH}.endpoint.pool`, report);
  return {
    endpoint: {
      ...(host === undefined ? (pool === undefined ? {} : { pool }) : { host }),
      port,
      ...(loadBalancer === undefined ? {} : { loadBalancer }),
    },
  };
}

function checkPool(name: string, { pools = [] }: GatewaySpec, path: string, report: Report): void {
  if (pools.some((pool) => pool.name === name)) return;
  report(
    'POOL_UNKNOWN',
    path,
    `${name}; the gateway has: ${pools.map((pool) => pool.name).join(', ') || 'none'}`,
  );
}
