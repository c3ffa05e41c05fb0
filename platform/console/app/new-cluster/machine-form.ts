/** A cluster that is to be made, as it is typed. */
export interface MachineForm {
  readonly account: string;
  readonly kubernetes: string;
  readonly size: string;
  readonly controlPlanes: string;
  readonly pools: readonly PoolForm[];
  readonly endpointHost: string;
  readonly endpointPool: string;
  readonly addresses: string;
  /** `key=value`, a line each. */
  readonly placement: string;
  readonly deletion: string;
}

export interface PoolForm {
  readonly name: string;
  readonly replicas: string;
  /** The size of the control plane when empty. */
  readonly size: string;
}

export const EMPTY_MACHINES: MachineForm = {
  account: '',
  kubernetes: '',
  size: '',
  controlPlanes: '1',
  pools: [{ name: 'workers', replicas: '2', size: '' }],
  endpointHost: '',
  endpointPool: '',
  addresses: '',
  placement: '',
  deletion: 'delete',
};

/** What the hub is asked to make. What is missing it says itself. */
export function provisionOf(form: MachineForm) {
  const { account, kubernetes, size, endpointHost, endpointPool, addresses, deletion } = form;
  const endpoint = {
    ...(endpointHost === '' ? {} : { host: endpointHost }),
    ...(endpointPool === '' ? {} : { pool: endpointPool }),
  };
  const placement = readPlacement(form.placement);
  return {
    account,
    kubernetes,
    ...(Object.keys(placement).length === 0 ? {} : { placement }),
    ...(Object.keys(endpoint).length === 0 ? {} : { endpoint }),
    ...(addresses === '' ? {} : { addresses }),
    controlPlane: { replicas: Number(form.controlPlanes), size },
    pools: form.pools.map((pool) => ({
      name: pool.name,
      replicas: Number(pool.replicas),
      size: pool.size === '' ? size : pool.size,
    })),
    ...(deletion === 'delete' ? {} : { deletion }),
  };
}

export function machineCount({ controlPlanes, pools }: MachineForm): number {
  return pools.reduce((sum, { replicas }) => sum + (Number(replicas) || 0), Number(controlPlanes) || 0);
}

/** What the kinds of cloud want to know of the place; further keys may be added. */
export const PLACEMENT_KEYS: Readonly<Record<string, readonly string[]>> = {
  vsphere: ['datacenter', 'folder', 'cluster', 'datastore', 'network'],
  openstack: ['network', 'subnet', 'zone'],
  aws: ['region', 'vpc', 'subnets'],
  baremetal: ['resourceClass'],
};

function readPlacement(text: string): Record<string, string> {
  const pairs = text
    .split('\n')
    .map((line) => /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(line))
    .filter((pair) => pair !== null);
  return Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, value]));
}
