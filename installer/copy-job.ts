import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { KubeClient } from '../apply/client.ts';
import { listAt, textAt } from '../apply/json.ts';
import type { KubeObject } from '../apply/object.ts';
import { installerError } from './errors.ts';
import {
  COPY_JOB,
  LABELS,
  NAMESPACE,
  PUSH_SECRET,
  REGISTRY_PORT,
  REGISTRY_SERVICE,
  STORE_SERVICE,
} from './names.ts';

export interface CopyJobInput {
  readonly client: KubeClient;
  /** The skerry image, as nodes pull it. */
  readonly image: string;
  /** `repository:tag@digest` of the release. */
  readonly release: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { bytesDone: number; bytesTotal: number }) => void;
}

const Progress = z.object({ bytesDone: z.number(), bytesTotal: z.number() });
const Failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const POLL_MS = 1000;
const SECRET_FOLDER = '/etc/skerry/push';

/**
 * Copies the release's content inside the cluster: a Job pulls from the registry's address, which still leads to the
 * workstation, and pushes to the registry's pods. The workstation has to be reachable from the nodes, which was
 * proved, and nothing else has to be. What is there already is skipped. Throws COPY_FAILED.
 */
export async function runCopyJob(input: CopyJobInput): Promise<void> {
  const { client, signal } = input;
  // One that an earlier run left behind may be waiting for a workstation that is gone.
  await removeJob(client, signal);
  await client.apply(copyJob(input), { signal });
  try {
    await waitForJob(input);
  } finally {
    await removeJob(client, AbortSignal.timeout(10_000)).catch(() => undefined);
  }
}

async function waitForJob({ client, signal, onProgress }: CopyJobInput): Promise<void> {
  for (let last = ''; ; ) {
    const job = await client.get(reference(), { signal });
    const conditions = listAt(job, 'status', 'conditions').filter(
      (condition) => textAt(condition, 'status') === 'True',
    );
    const log = (await lastLine(client, signal)) ?? last;
    const progress = Progress.safeParse(tryJson(log));
    if (progress.success) onProgress(progress.data);
    if (conditions.some((condition) => textAt(condition, 'type') === 'Complete')) return;
    if (job === undefined || conditions.some((condition) => textAt(condition, 'type') === 'Failed')) {
      throw installerError('COPY_FAILED', {
        subject: `Job ${NAMESPACE}/${COPY_JOB}`,
        detail: failureIn(log) || 'it was removed',
      });
    }
    last = log;
    await sleep(POLL_MS, undefined, { signal });
  }
}

// The job says at its end, in one line, what it failed of.
function failureIn(log: string): string {
  const failure = Failure.safeParse(tryJson(log));
  return failure.success ? `${failure.data.error.code}: ${failure.data.error.message}` : log;
}

async function lastLine(client: KubeClient, signal: AbortSignal): Promise<string | undefined> {
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, labelSelector: `job-name=${COPY_JOB}` },
    { signal },
  );
  const newest = items
    .toSorted((a, b) =>
      String(a.metadata.creationTimestamp).localeCompare(String(b.metadata.creationTimestamp)),
    )
    .at(-1);
  if (newest === undefined) return undefined;
  const log = await client
    .podLogs({ namespace: NAMESPACE, pod: newest.metadata.name, container: 'copy', tailLines: 1 }, { signal })
    .catch(() => undefined);
  return log?.trim().split('\n').at(-1);
}

async function removeJob(client: KubeClient, signal: AbortSignal): Promise<void> {
  await client.delete(reference(), { propagation: 'Foreground', signal });
  while ((await client.get(reference(), { signal })) !== undefined) await sleep(200, undefined, { signal });
}

function copyJob({ image, release }: CopyJobInput): KubeObject {
  return {
    ...reference(),
    metadata: { ...reference().metadata, labels: LABELS },
    spec: {
      backoffLimit: 6,
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
              image,
              args: [
                'copy',
                `--release=${release}`,
                `--password-file=${SECRET_FOLDER}/password`,
                `--username-file=${SECRET_FOLDER}/username`,
                '--progress=json',
                '--output=json',
                `http://${REGISTRY_SERVICE}.${NAMESPACE}.svc:${REGISTRY_PORT}`,
                `http://${STORE_SERVICE}.${NAMESPACE}.svc:${REGISTRY_PORT}`,
              ],
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

function reference() {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: COPY_JOB, namespace: NAMESPACE } };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
