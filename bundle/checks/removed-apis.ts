import semver from 'semver';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import type { Finding } from './finding.ts';

/** The minor of Kubernetes 1 that stopped serving a group and version, for all of its kinds or for those named. */
const REMOVED: readonly { api: string; kinds?: readonly string[]; minor: number; instead: string }[] = [
  // kubernetes.io/docs/reference/using-api/deprecation-guide
  { api: 'extensions/v1beta1', kinds: ['Ingress'], minor: 22, instead: 'networking.k8s.io/v1' },
  { api: 'extensions/v1beta1', minor: 16, instead: 'apps/v1, networking.k8s.io/v1' },
  { api: 'apps/v1beta1', minor: 16, instead: 'apps/v1' },
  { api: 'apps/v1beta2', minor: 16, instead: 'apps/v1' },
  {
    api: 'networking.k8s.io/v1beta1',
    kinds: ['Ingress', 'IngressClass'],
    minor: 22,
    instead: 'networking.k8s.io/v1',
  },
  { api: 'rbac.authorization.k8s.io/v1beta1', minor: 22, instead: 'rbac.authorization.k8s.io/v1' },
  { api: 'rbac.authorization.k8s.io/v1alpha1', minor: 22, instead: 'rbac.authorization.k8s.io/v1' },
  { api: 'apiextensions.k8s.io/v1beta1', minor: 22, instead: 'apiextensions.k8s.io/v1' },
  {
    api: 'admissionregistration.k8s.io/v1beta1',
    kinds: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
    minor: 22,
    instead: 'admissionregistration.k8s.io/v1',
  },
  { api: 'apiregistration.k8s.io/v1beta1', minor: 22, instead: 'apiregistration.k8s.io/v1' },
  { api: 'coordination.k8s.io/v1beta1', kinds: ['Lease'], minor: 22, instead: 'coordination.k8s.io/v1' },
  { api: 'scheduling.k8s.io/v1beta1', minor: 22, instead: 'scheduling.k8s.io/v1' },
  {
    api: 'storage.k8s.io/v1beta1',
    kinds: ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'],
    minor: 22,
    instead: 'storage.k8s.io/v1',
  },
  {
    api: 'certificates.k8s.io/v1beta1',
    kinds: ['CertificateSigningRequest'],
    minor: 22,
    instead: 'certificates.k8s.io/v1',
  },
  { api: 'batch/v1beta1', minor: 25, instead: 'batch/v1' },
  { api: 'policy/v1beta1', kinds: ['PodDisruptionBudget'], minor: 25, instead: 'policy/v1' },
  { api: 'policy/v1beta1', kinds: ['PodSecurityPolicy'], minor: 25, instead: 'Pod Security admission' },
  { api: 'discovery.k8s.io/v1beta1', minor: 25, instead: 'discovery.k8s.io/v1' },
  { api: 'events.k8s.io/v1beta1', minor: 25, instead: 'events.k8s.io/v1' },
  { api: 'node.k8s.io/v1beta1', minor: 25, instead: 'node.k8s.io/v1' },
  { api: 'autoscaling/v2beta1', minor: 25, instead: 'autoscaling/v2' },
  { api: 'autoscaling/v2beta2', minor: 26, instead: 'autoscaling/v2' },
  { api: 'storage.k8s.io/v1beta1', kinds: ['CSIStorageCapacity'], minor: 27, instead: 'storage.k8s.io/v1' },
  { api: 'flowcontrol.apiserver.k8s.io/v1beta1', minor: 26, instead: 'flowcontrol.apiserver.k8s.io/v1' },
  { api: 'flowcontrol.apiserver.k8s.io/v1beta2', minor: 29, instead: 'flowcontrol.apiserver.k8s.io/v1' },
  { api: 'flowcontrol.apiserver.k8s.io/v1beta3', minor: 32, instead: 'flowcontrol.apiserver.k8s.io/v1' },
];

export interface KubernetesVersions {
  readonly range: string;
  /** Those of the range that count, e.g. `1.34.0`; all when empty. */
  readonly versions: readonly string[];
}

/** Objects whose API is gone in a version of Kubernetes that they are for. */
export function removedApis(
  objects: readonly KubeObject[],
  where: string,
  kubernetes: KubernetesVersions,
): Finding[] {
  return objects.flatMap((object) => {
    const entry = REMOVED.find(
      ({ api, kinds }) => api === object.apiVersion && (kinds?.includes(object.kind) ?? true),
    );
    const minor = entry && firstWithout(entry.minor, kubernetes);
    if (entry === undefined || minor === undefined) return [];
    return [
      {
        code: 'API_REMOVED',
        severity: 'error',
        place: `${where}: ${describeObject(object)}`,
        detail: `Kubernetes 1.${minor} serves no ${object.kind} of ${object.apiVersion}; there is ${entry.instead}`,
      },
    ];
  });
}

const NEWEST_MINOR = 99;

/** The first minor of the range, from `removedIn` on. */
function firstWithout(removedIn: number, { range, versions }: KubernetesVersions): number | undefined {
  for (let minor = removedIn; minor <= NEWEST_MINOR; minor++) {
    const whole = `>=1.${minor}.0 <1.${minor + 1}.0-0`;
    const isMeant =
      versions.length > 0
        ? versions.some((version) => semver.satisfies(version, whole))
        : semver.intersects(range, whole);
    if (isMeant) return minor;
  }
  return undefined;
}
