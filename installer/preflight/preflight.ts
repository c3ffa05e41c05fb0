import semver from 'semver';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import type { SkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import { REGISTRY_NODE_PORT } from '../names.ts';
import { formatBytes, parseQuantity } from '../terminal/units.ts';
import type { ClusterFacts } from './cluster-facts.ts';

export interface PreflightInput {
  readonly release: LockedRelease;
  readonly cluster: ClusterFacts;
  /** Bytes of content in the bundle. */
  readonly bytes: number;
  readonly storage: { readonly className: string | undefined; readonly size: string };
}

/** One thing that was looked at before anything is changed. */
export interface Check {
  readonly title: string;
  readonly problem?: SkerryError | undefined;
}

/** Every check, so that a reader mends all problems in one go. */
export function checkCluster(input: PreflightInput): Check[] {
  return [
    {
      title: `Kubernetes ${input.cluster.version} is supported (${input.release.kubernetes})`,
      problem: checkVersion(input),
    },
    { title: 'The user may do all that is needed', problem: checkPermissions(input) },
    { title: 'A node is ready', problem: checkNodes(input) },
    { title: 'There is a storage class', problem: checkStorageClass(input) },
    { title: `The registry’s volume of ${input.storage.size} is large enough`, problem: checkVolume(input) },
    { title: `NodePort ${REGISTRY_NODE_PORT} is free`, problem: checkPort(input) },
    { title: imageTitle(input) },
  ];
}

// No problem either way: which way it is decides what the operator has to do for pods that are made later.
function imageTitle({ cluster: { imagePolicy } }: PreflightInput): string {
  return imagePolicy === undefined
    ? 'Pods that are made later: no policies here that could turn their images; nodes need mirror files (skerry node-config)'
    : `Pods that are made later: the API server turns their images (${imagePolicy})`;
}

function checkVersion({ release, cluster }: PreflightInput): SkerryError | undefined {
  if (isSupported(cluster.version, release.kubernetes)) return undefined;
  const detail = `${release.name} ${release.version} runs on ${release.kubernetes}`;
  return installerError('KUBERNETES_UNSUPPORTED', { subject: cluster.version, detail });
}

/** Vendors append to the version (v1.33.1+k3s1, -gke.100); what they append says nothing about the API. */
export function isSupported(gitVersion: string, range: string): boolean {
  const version = semver.coerce(gitVersion);
  return version !== null && semver.satisfies(version, range);
}

function checkPermissions({ cluster: { denied } }: PreflightInput): SkerryError | undefined {
  if (denied.length === 0) return undefined;
  const byResource = Map.groupBy(denied, ({ group, resource }) =>
    group === '' ? resource : `${resource}.${group}`,
  );
  const texts = [...byResource].map(
    ([resource, accesses]) => `${accesses.map(({ verb }) => verb).join(',')} ${resource}`,
  );
  return installerError('PERMISSION_MISSING', {
    subject: 'the user of the kubeconfig',
    detail: texts.join('; '),
  });
}

function checkNodes({ cluster: { nodes, denied } }: PreflightInput): SkerryError | undefined {
  if (nodes.some(({ ready, schedulable }) => ready && schedulable)) return undefined;
  if (nodes.length === 0 && denied.length > 0) return undefined;
  return installerError('NODES_MISSING', {
    subject: `${nodes.length} nodes`,
    detail: nodes.map(({ name }) => name).join(', ') || 'none',
  });
}

function checkStorageClass({
  cluster: { storageClasses, denied },
  storage: { className },
}: PreflightInput): SkerryError | undefined {
  const fits = storageClasses.some(({ name, isDefault }) =>
    className === undefined ? isDefault : name === className,
  );
  if (fits || denied.some(({ resource, verb }) => resource === 'storageclasses' && verb === 'list'))
    return undefined;
  const names = storageClasses.map(({ name }) => name).join(', ') || 'none';
  return installerError('STORAGE_CLASS_MISSING', {
    subject: className ?? 'no default storage class',
    detail: `there are: ${names}`,
  });
}

function checkVolume({ bytes, storage: { size } }: PreflightInput): SkerryError | undefined {
  const room = parseQuantity(size);
  if (room !== undefined && room >= bytes * 1.05) return undefined;
  return installerError('SPACE_MISSING', {
    subject: `the registry’s volume of ${size}`,
    detail: `the content alone has ${formatBytes(bytes)}`,
    remedy: 'Give a larger volume with --storage-size, for example three times the content: 20Gi.',
  });
}

function checkPort({ cluster: { portTakenBy } }: PreflightInput): SkerryError | undefined {
  return portTakenBy === undefined
    ? undefined
    : installerError('ADDRESS_TAKEN', {
        subject: `NodePort ${REGISTRY_NODE_PORT}`,
        detail: `Service ${portTakenBy}`,
      });
}
