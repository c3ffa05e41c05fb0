import type { KubeObject } from '../../apply/object.ts';
import {
  COPY_JOB,
  HOLDER_ANNOTATION,
  LABELS,
  NAMESPACE,
  PUSH_SECRET,
  REGISTRY_PORT,
  REGISTRY_SERVICE,
  STORE_SERVICE,
} from '../names.ts';
import { ownIdentity } from '../record/holder.ts';

/** What is done to the registry in the cluster, from a pod beside it that may push. */
export interface RegistryWork {
  /** The skerry image, as nodes pull it. */
  readonly image: string;
  /**
   * Copied: `repository:tag@digest` of a release, or names, each as `repository:tag`. Or `repository:tag@digest` of names
   * that are taken out of the registry.
   */
  readonly what:
    | { readonly release: string }
    | { readonly names: readonly string[] }
    | { readonly retired: readonly string[] };
  /** Where it is taken from, as pods reach it; the registry's address otherwise, while that leads to the workstation. */
  readonly source?: string | undefined;
}

const SECRET_FOLDER = '/etc/skerry/push';
/** The slowest copy that is waited for. */
export const LONGEST_MS = 24 * 3_600_000;
/** How long the registry may take from the start of its pod. */
const REGISTRY_SECONDS = 120;
/** New pods that the Job may try, for a network that comes back. */
const TRIES = 3;

/** The arguments and settings of the program in the pod. */
export function argumentsOf({ what, source }: RegistryWork): string[] {
  const settings = [
    `--password-file=${SECRET_FOLDER}/password`,
    `--username-file=${SECRET_FOLDER}/username`,
    `--wait=${REGISTRY_SECONDS}`,
    '--output=json',
  ];
  const registry = `http://${STORE_SERVICE}.${NAMESPACE}.svc:${REGISTRY_PORT}`;
  if ('retired' in what) return ['registry', 'untag', ...settings, registry, ...what.retired];
  return [
    'copy',
    // What the source lacks of an index is not in the cluster either.
    ...('release' in what ? [`--release=${what.release}`] : ['--allow-sparse=any']),
    ...settings,
    '--progress=json',
    source ?? `http://${REGISTRY_SERVICE}.${NAMESPACE}.svc:${REGISTRY_PORT}`,
    registry,
    ...('names' in what ? what.names : []),
  ];
}

export function jobFor(work: RegistryWork): KubeObject {
  return {
    ...jobReference(),
    metadata: {
      ...jobReference().metadata,
      labels: LABELS,
      annotations: { [HOLDER_ANNOTATION]: ownIdentity() },
    },
    spec: {
      backoffLimit: TRIES,
      activeDeadlineSeconds: LONGEST_MS / 1000,
      ttlSecondsAfterFinished: 600,
      template: {
        metadata: { labels: LABELS },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 1,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            fsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'copy',
              image: work.image,
              args: argumentsOf(work),
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
              volumeMounts: [{ name: 'push', mountPath: SECRET_FOLDER, readOnly: true }],
            },
          ],
          volumes: [{ name: 'push', secret: { secretName: PUSH_SECRET, defaultMode: 0o440 } }],
        },
      },
    },
  };
}

export function jobReference() {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: COPY_JOB, namespace: NAMESPACE } };
}

export function jobSelection() {
  const { apiVersion, kind, metadata } = jobReference();
  return { apiVersion, kind, namespace: NAMESPACE, fieldSelector: `metadata.name=${metadata.name}` };
}
