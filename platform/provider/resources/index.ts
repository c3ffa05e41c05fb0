import { AlertReceiver } from '../../api/alert.ts';
import { CloudAccount } from '../../api/cloud-account.ts';
import { Cluster } from '../../api/cluster.ts';
import { ClusterProfile } from '../../api/cluster-profile.ts';
import { Gateway } from '../../api/gateway.ts';
import { profileObjectName } from '../../api/names.ts';
import { PackRegistry } from '../../api/pack-registry.ts';
import { Rollout } from '../../api/rollout.ts';
import { clusterCompletionResource } from './cluster-completion.ts';
import { HubObjectResource } from './hub-object.ts';
import { textOf } from './object-state.ts';
import { projectResource } from './project.ts';
import { ephemeralRegistrationToken, registrationTokenResource } from './registration-token.ts';
import type { EphemeralResource, Resource } from './resource.ts';

/** Every type of resource that the provider has. */
export function allResources(): readonly Resource[] {
  return [
    projectResource,
    new HubObjectResource(ClusterProfile, {
      typeName: 'skerry_cluster_profile',
      isImmutable: true,
      nameOf: ({ name, version }) => {
        const [profile, number] = [textOf(name), textOf(version)];
        return profile === undefined || number === undefined
          ? undefined
          : profileObjectName({ name: profile, version: number });
      },
    }),
    new HubObjectResource(Cluster, { typeName: 'skerry_cluster' }),
    clusterCompletionResource,
    registrationTokenResource,
    new HubObjectResource(CloudAccount, { typeName: 'skerry_cloud_account' }),
    new HubObjectResource(Gateway, { typeName: 'skerry_gateway' }),
    new HubObjectResource(PackRegistry, { typeName: 'skerry_pack_registry' }),
    new HubObjectResource(Rollout, { typeName: 'skerry_rollout' }),
    new HubObjectResource(AlertReceiver, { typeName: 'skerry_alert_receiver' }),
  ];
}

/** Every type of resource that lives for one run of the core. */
export function allEphemeralResources(): readonly EphemeralResource[] {
  return [ephemeralRegistrationToken];
}
