import type { KubeClient, ObjectReference } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { imageWayReferences } from '../images/image-way.ts';
import {
  CHECKPOINT_KEY_SECRET,
  COPY_JOB,
  INSTALLATION,
  LEASE,
  NAMESPACE,
  PUSH_SECRET,
  REGISTRY_SERVICE,
  STORE_SERVICE,
  USERS_SECRET,
  WORKSTATION_SLICE,
} from '../names.ts';

const REFERENCES = {
  namespace: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  job: own('batch/v1', 'Job', COPY_JOB),
  service: own('v1', 'Service', REGISTRY_SERVICE),
  slice: own('discovery.k8s.io/v1', 'EndpointSlice', WORKSTATION_SLICE),
  push: own('v1', 'Secret', PUSH_SECRET),
  users: own('v1', 'Secret', USERS_SECRET),
  checkpointKey: own('v1', 'Secret', CHECKPOINT_KEY_SECRET),
  lease: own('coordination.k8s.io/v1', 'Lease', LEASE),
  record: own('v1', 'ConfigMap', INSTALLATION),
  /** The registry's chart brings it; where it leads, the address must lead too. */
  store: own('v1', 'Service', STORE_SERVICE),
} as const satisfies Record<string, ObjectReference>;

/** What the installer makes by itself, under fixed names, as it is in the cluster right now. */
export interface OwnObjects extends Readonly<Record<keyof typeof REFERENCES, KubeObject | undefined>> {
  /** Every slice that adds to where the registry's address leads. */
  readonly slices: readonly KubeObject[];
  /** The policy, its binding and its map for images of pods that are made later. */
  readonly images: readonly KubeObject[];
}

/** Reads them all. Undefined where the user may not: preflight tells that in its own words. */
export async function readOwnObjects(
  client: Pick<KubeClient, 'get' | 'list' | 'isServed'>,
  signal: AbortSignal,
): Promise<OwnObjects | undefined> {
  const read = async <K extends keyof typeof REFERENCES>(key: K) =>
    [key, await client.get(REFERENCES[key], { signal })] as const;
  try {
    const [
      namespace,
      job,
      service,
      slice,
      push,
      users,
      checkpointKey,
      lease,
      record,
      store,
      { items: slices },
    ] = await Promise.all([
      read('namespace'),
      read('job'),
      read('service'),
      read('slice'),
      read('push'),
      read('users'),
      read('checkpointKey'),
      read('lease'),
      read('record'),
      read('store'),
      client.list(
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          namespace: NAMESPACE,
          labelSelector: `kubernetes.io/service-name=${REGISTRY_SERVICE}`,
        },
        { signal },
      ),
    ]);
    const images = await Promise.all(
      (await imageWayReferences(client, signal)).map((reference) => client.get(reference, { signal })),
    );
    return {
      images: images.filter((object) => object !== undefined),
      namespace: namespace[1],
      job: job[1],
      service: service[1],
      slice: slice[1],
      push: push[1],
      users: users[1],
      checkpointKey: checkpointKey[1],
      lease: lease[1],
      record: record[1],
      store: store[1],
      slices,
    };
  } catch (error) {
    if (isSkerryError(error, 'CLUSTER_FORBIDDEN')) return undefined;
    throw error;
  }
}

function own(apiVersion: string, kind: string, name: string): ObjectReference {
  return { apiVersion, kind, metadata: { name, namespace: NAMESPACE } };
}
