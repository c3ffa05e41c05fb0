import { z } from 'zod';
import { Condition } from '../../api/cluster-status.ts';
import { StoredMetadata } from '../../api/stored-metadata.ts';
import { keyOf } from '../../hub/watched/stored.ts';
import { SkerryAccountSpec } from '../api/skerry-account.ts';
import { SkerryAddressPoolSpec } from '../api/skerry-address-pool.ts';
import { SkerryClusterSpec, SkerryClusterStatus } from '../api/skerry-cluster.ts';
import { SkerryMachineSpec, SkerryMachineStatus } from '../api/skerry-machine.ts';

const Metadata = StoredMetadata.extend({
  ownerReferences: z
    .array(z.object({ kind: z.string(), name: z.string(), uid: z.string().optional() }))
    .default([]),
});
export type Metadata = z.infer<typeof Metadata>;

export const StoredAccount = z.object({ metadata: Metadata, spec: SkerryAccountSpec });
export type StoredAccount = z.infer<typeof StoredAccount>;
export const StoredPool = z.object({ metadata: Metadata, spec: SkerryAddressPoolSpec });
export type StoredPool = z.infer<typeof StoredPool>;
export const StoredInfraCluster = z.object({
  metadata: Metadata,
  spec: SkerryClusterSpec,
  status: SkerryClusterStatus.default({}),
});
export type StoredInfraCluster = z.infer<typeof StoredInfraCluster>;

/** What the account that a cluster is made with is kept under. */
export function accountKeyOf({ spec: { account } }: StoredInfraCluster): string {
  return keyOf(account.namespace, account.name);
}

export const StoredInfraMachine = z.object({
  metadata: Metadata,
  spec: SkerryMachineSpec,
  status: SkerryMachineStatus.default({}),
});
export type StoredInfraMachine = z.infer<typeof StoredInfraMachine>;
/** Its shape is read where it is needed: one that can't be read is still a template. */
export const StoredTemplate = z.object({
  metadata: Metadata,
  spec: z.object({ template: z.object({ spec: z.unknown() }) }).optional(),
});
export type StoredTemplate = z.infer<typeof StoredTemplate>;

const Conditions = z.array(Condition.loose()).optional();
const ContractReference = z.object({ kind: z.string(), name: z.string() });

/** Of Cluster API's objects only what is read here; the rest is nobody's business. */
export const CapiCluster = z.object({
  metadata: Metadata,
  spec: z.object({
    paused: z.boolean().optional(),
    infrastructureRef: ContractReference.optional(),
    controlPlaneRef: ContractReference.optional(),
    clusterNetwork: z.object({ apiServerPort: z.int().optional() }).optional(),
    controlPlaneEndpoint: z.object({ host: z.string().optional(), port: z.int().optional() }).optional(),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      initialization: z
        .object({
          infrastructureProvisioned: z.boolean().optional(),
          controlPlaneInitialized: z.boolean().optional(),
        })
        .optional(),
      conditions: Conditions,
    })
    .default({}),
});
export type CapiCluster = z.infer<typeof CapiCluster>;

export const CapiMachine = z.object({
  metadata: Metadata,
  spec: z.object({
    clusterName: z.string(),
    version: z.string().optional(),
    bootstrap: z.object({ dataSecretName: z.string().optional() }).default({}),
    infrastructureRef: ContractReference.optional(),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      nodeRef: z.object({ name: z.string() }).optional(),
      addresses: z.array(z.object({ type: z.string(), address: z.string() })).optional(),
      conditions: Conditions,
    })
    .default({}),
});
export type CapiMachine = z.infer<typeof CapiMachine>;

/** A KubeadmControlPlane or a MachineDeployment. */
export const CapiReplicas = z.object({
  metadata: Metadata,
  spec: z.object({
    replicas: z.int().default(1),
    clusterName: z.string().optional(),
    version: z.string().optional(),
    machineTemplate: z.unknown().optional(),
    template: z.unknown().optional(),
  }),
  status: z
    .object({
      replicas: z.int().optional(),
      readyReplicas: z.int().optional(),
      upToDateReplicas: z.int().optional(),
      version: z.string().optional(),
      conditions: Conditions,
    })
    .default({}),
});
export type CapiReplicas = z.infer<typeof CapiReplicas>;

export const CapiHealthCheck = z.object({
  metadata: Metadata,
  spec: z.object({ clusterName: z.string() }),
});
export type CapiHealthCheck = z.infer<typeof CapiHealthCheck>;
