import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { type CapaTrouble, capaTrouble } from '../provider/aws/capa-state.ts';
import { CAPI } from './names.ts';
import type { StoredInfraCluster } from './stored.ts';

const INFRASTRUCTURE = 'infrastructure.cluster.x-k8s.io/v1beta2';
/** The infrastructure of a Cluster that is EKS's. */
export const EKS_KIND = 'AWSManagedCluster';
const ControlPlane = z.object({
  status: z.object({ ready: z.boolean().optional(), version: z.string().optional() }).optional(),
});

/** What AWS's provider says of a cluster of EKS: Cluster API's own objects tell neither versions nor causes. */
export interface EksCluster {
  readonly controlPlane: { readonly ready: number; readonly wanted: number };
  readonly kubernetes: string | undefined;
  /** Of the control plane. */
  readonly trouble: CapaTrouble | undefined;
  /** Of each pool that has any, by the name of its MachinePool. */
  readonly poolTroubles: ReadonlyMap<string, CapaTrouble>;
}

/** Reads it; nothing is watched, since a gateway without an account of AWS has no such kinds. */
export async function readEksCluster(
  client: Pick<KubeClient, 'get' | 'list'>,
  { metadata: { name, namespace } }: Pick<StoredInfraCluster, 'metadata'>,
  signal: AbortSignal,
): Promise<EksCluster> {
  const reference = {
    apiVersion: CAPI.controlPlaneVersion,
    kind: 'AWSManagedControlPlane',
    metadata: { name, namespace },
  };
  const labelSelector = `${CAPI.clusterLabel}=${name}`;
  const pools = { apiVersion: INFRASTRUCTURE, kind: 'AWSManagedMachinePool', namespace, labelSelector };
  try {
    const [controlPlane, { items }] = await Promise.all([
      client.get(reference, { signal }),
      client.list(pools, { signal }),
    ]);
    return eksCluster(controlPlane, items);
  } catch (error) {
    // Restored, or moved to, before the provider's definitions are there.
    if (isSkerryError(error, 'KIND_UNKNOWN')) return eksCluster(undefined, []);
    throw error;
  }
}

export function eksCluster(controlPlane: KubeObject | undefined, pools: readonly KubeObject[]): EksCluster {
  const { ready = false, version } = ControlPlane.safeParse(controlPlane).data?.status ?? {};
  const troubles = pools.flatMap((pool) => {
    const trouble = capaTrouble(pool);
    return trouble === undefined ? [] : [[pool.metadata.name, trouble] as const];
  });
  return {
    controlPlane: { ready: ready ? 1 : 0, wanted: 1 },
    kubernetes: version,
    trouble: controlPlane === undefined ? undefined : capaTrouble(controlPlane),
    poolTroubles: new Map(troubles),
  };
}
