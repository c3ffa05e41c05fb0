/** Storage of the test cluster: folders of the one node, made for claims and removed with them. Pure; see provisioner.ts. */

export const PROVISIONER = 'skerry.test/folder';
export const STORAGE_CLASS = 'folder';
/** Where the node has the folders. */
export const VOLUME_FOLDER = '/var/volumes';

export const storageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: {
    name: STORAGE_CLASS,
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

export interface Claim {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
  readonly spec: {
    readonly storageClassName?: string | undefined;
    readonly volumeName?: string | undefined;
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: { readonly storage: string } };
  };
}

export interface Volume {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly storageClassName?: string | undefined };
  readonly status?: { readonly phase?: string | undefined } | undefined;
}

export interface StorageWork {
  readonly create: readonly ReturnType<typeof volumeFor>[];
  /** Names of volumes whose claim is gone. */
  readonly remove: readonly string[];
}

/** What is to be done: a volume for each claim that the scheduler has given a node, none for claims that are gone. */
export function storageWork(claims: readonly Claim[], volumes: readonly Volume[]): StorageWork {
  const existing = new Set(volumes.map((volume) => volume.metadata.name));
  return {
    create: claims
      .filter((claim) => claim.spec.storageClassName === STORAGE_CLASS && !claim.spec.volumeName)
      .filter((claim) => selectedNode(claim) !== undefined && !existing.has(volumeName(claim)))
      .map(volumeFor),
    remove: volumes
      .filter(
        (volume) => volume.spec.storageClassName === STORAGE_CLASS && volume.status?.phase === 'Released',
      )
      .map((volume) => volume.metadata.name),
  };
}

function volumeFor(claim: Claim) {
  const { name, namespace, uid } = claim.metadata;
  const node = selectedNode(claim) ?? '';
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: volumeName(claim),
      annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER },
    },
    spec: {
      storageClassName: STORAGE_CLASS,
      capacity: { storage: claim.spec.resources.requests.storage },
      accessModes: claim.spec.accessModes,
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      local: { path: `${VOLUME_FOLDER}/${volumeName(claim)}` },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
          ],
        },
      },
    },
  };
}

function volumeName(claim: Claim): string {
  return `pvc-${claim.metadata.uid}`;
}

function selectedNode(claim: Claim): string | undefined {
  return claim.metadata.annotations?.['volume.kubernetes.io/selected-node'];
}
