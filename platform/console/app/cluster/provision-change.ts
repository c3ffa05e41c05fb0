import type { Cluster } from '../../../client/kinds.ts';

type Provision = NonNullable<Cluster['spec']['provision']>;

/** What of a made cluster is changed most: how many machines, and which Kubernetes. */
export interface ProvisionChange {
  readonly kubernetes: string;
  readonly controlPlanes: string;
  /** Machines by the name of their pool. */
  readonly pools: Readonly<Record<string, string>>;
}

export function changeOf({ kubernetes, controlPlane, pools = [] }: Provision): ProvisionChange {
  return {
    kubernetes,
    controlPlanes: String(controlPlane.replicas),
    pools: Object.fromEntries(pools.map(({ name, replicas }) => [name, String(replicas)])),
  };
}

/** The definition with a change in it; all else stays. */
export function changedProvision(provision: Provision, change: ProvisionChange): Provision {
  const { controlPlane, pools } = provision;
  return {
    ...provision,
    kubernetes: change.kubernetes.trim(),
    controlPlane: { ...controlPlane, replicas: Number(change.controlPlanes) },
    ...(pools === undefined
      ? {}
      : {
          pools: pools.map((pool) => ({
            ...pool,
            replicas: Number(change.pools[pool.name] ?? pool.replicas),
          })),
        }),
  };
}
