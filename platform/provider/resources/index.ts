import { kinds } from '../kinds.ts';
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
    new HubObjectResource(kinds.ClusterProfile, {
      typeName: 'skerry_cluster_profile',
      isImmutable: true,
      nameOf: ({ name, version }) => {
        const [profile, number] = [textOf(name), textOf(version)];
        return profile === undefined || number === undefined ? undefined : `${profile}-${number}`;
      },
    }),
    new HubObjectResource(kinds.Cluster, { typeName: 'skerry_cluster' }),
    clusterCompletionResource,
    registrationTokenResource,
    new HubObjectResource(kinds.CloudAccount, { typeName: 'skerry_cloud_account' }),
    new HubObjectResource(kinds.Gateway, { typeName: 'skerry_gateway' }),
    new HubObjectResource(kinds.PackRegistry, { typeName: 'skerry_pack_registry' }),
    new HubObjectResource(kinds.Rollout, { typeName: 'skerry_rollout' }),
    new HubObjectResource(kinds.AlertReceiver, { typeName: 'skerry_alert_receiver' }),
  ];
}

/** Every type of resource that lives for one run of the core. */
export function allEphemeralResources(): readonly EphemeralResource[] {
  return [ephemeralRegistrationToken];
}
