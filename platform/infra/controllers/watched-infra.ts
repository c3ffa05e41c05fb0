import type { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { FollowOptions } from '../../../apply/client/follow.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { trimmed } from '../../hub/watched/trimmed.ts';
import { WatchedKind } from '../../hub/watched/watched-kind.ts';
import { INFRA_API_VERSION } from '../api/group.ts';
import { CAPI } from './names.ts';
import {
  CapiCluster,
  CapiHealthCheck,
  CapiMachine,
  CapiReplicas,
  StoredAccount,
  StoredInfraCluster,
  StoredInfraMachine,
  StoredPool,
  StoredTemplate,
} from './stored.ts';

const MAX_OBJECTS = 5000;

/** What these controllers know of the gateway's cluster, by one watch for each kind. */
export class WatchedInfra {
  readonly accounts;
  readonly pools;
  readonly clusters;
  readonly machines;
  readonly templates;
  readonly capiClusters;
  readonly capiMachines;
  readonly controlPlanes;
  readonly deployments;
  /** Pools whose machines the cloud itself makes. */
  readonly machinePools;
  readonly healthChecks;

  constructor(onSkipped: (key: string, detail: string) => void) {
    const of = <T>(apiVersion: string, kind: string, schema: z.ZodType<T>) =>
      new WatchedKind<T>({
        apiVersion,
        kind,
        read: readBy(schema),
        keep: trimmed,
        max: MAX_OBJECTS,
        onSkipped,
      });
    this.accounts = of(INFRA_API_VERSION, 'SkerryAccount', StoredAccount);
    this.pools = of(INFRA_API_VERSION, 'SkerryAddressPool', StoredPool);
    this.clusters = of(INFRA_API_VERSION, 'SkerryCluster', StoredInfraCluster);
    this.machines = of(INFRA_API_VERSION, 'SkerryMachine', StoredInfraMachine);
    this.templates = of(INFRA_API_VERSION, 'SkerryMachineTemplate', StoredTemplate);
    this.capiClusters = of(CAPI.version, 'Cluster', CapiCluster);
    this.capiMachines = of(CAPI.version, 'Machine', CapiMachine);
    this.controlPlanes = of(CAPI.controlPlaneVersion, 'KubeadmControlPlane', CapiReplicas);
    this.deployments = of(CAPI.version, 'MachineDeployment', CapiReplicas);
    this.machinePools = of(CAPI.version, 'MachinePool', CapiReplicas);
    this.healthChecks = of(CAPI.version, 'MachineHealthCheck', CapiHealthCheck);
  }

  /** Our own kinds were listed; Cluster API's may come later, with its definitions. */
  get listed(): Promise<void> {
    const own = [this.accounts, this.pools, this.clusters, this.machines, this.templates];
    return Promise.all(own.map(({ listed }) => listed)).then(() => undefined);
  }

  /** Watches until the signal is aborted. */
  async follow(client: Pick<KubeClient, 'watch'>, options: FollowOptions): Promise<void> {
    const { accounts, pools, clusters, machines, templates } = this;
    const { capiClusters, capiMachines, controlPlanes, deployments, machinePools, healthChecks } = this;
    const own = [accounts, pools, clusters, machines, templates];
    const theirs = [capiClusters, capiMachines, controlPlanes, deployments, machinePools, healthChecks];
    await Promise.all([...own, ...theirs].map(async (kind) => await kind.follow(client, options)));
  }
}

function readBy<T>(schema: z.ZodType<T>) {
  return (object: KubeObject, _before: T | undefined, skip: (detail: string) => void) => {
    const read = schema.safeParse(object);
    if (!read.success) skip(read.error.issues[0]?.message ?? 'unreadable');
    return read.data;
  };
}
