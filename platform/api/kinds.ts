import { ClusterProfile } from './cluster-profile.ts';
import type { CustomResource } from './custom-resource.ts';

/** Every kind that the hub's chart adds to the Kubernetes API. */
export const kinds: readonly CustomResource[] = [ClusterProfile];
