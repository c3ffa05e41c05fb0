import type { KubeClient } from '../../../apply/client/client.ts';
import { describeExplanation, explain } from '../../../apply/health/explain.ts';
import { statusOf } from '../../../apply/health/status.ts';
import { listAt, objectAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { waitGone } from '../../../apply/wait/wait-gone.ts';
import { waitUntil } from '../../../apply/wait/wait-until.ts';
import type { SkerryError } from '../../../content/error.ts';
import { marked } from '../../record/mark.ts';

export interface JobRun {
  readonly client: KubeClient;
  readonly namespace: string;
  /** The CronJob that it is made from. */
  readonly cronJob: string;
  /** What it is called; one of an earlier run under this name goes first. */
  readonly name: string;
  /** Of the installation. */
  readonly id: string;
  readonly timeoutMs: number;
  readonly failed: (detail: string) => SkerryError;
  readonly signal: AbortSignal;
}

const GONE_MS = 60_000;
const CLEANUP_MS = 10_000;
const TTL_SECONDS = 600;
/** More lines than any backup of a size that is kept. */
const LINES = 100_000;

/** Runs a Job as a CronJob would, to its end; gives what its pod printed. Throws `failed`. */
export async function runJobFrom(run: JobRun): Promise<string> {
  const { client, signal } = run;
  await removeEarlier(run);
  const job = await client.create(await jobOf(run), { signal });
  try {
    await waitDone(run, job);
    return await outputOf(run, job);
  } finally {
    await client
      .delete(job, { uid: job.metadata.uid, signal: AbortSignal.timeout(CLEANUP_MS) })
      .catch(() => undefined);
  }
}

async function removeEarlier(run: JobRun): Promise<void> {
  const { client, namespace, name, signal } = run;
  const reference = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace } };
  if (!(await client.delete(reference, { propagation: 'Foreground', signal }))) return;
  const selection = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    namespace,
    fieldSelector: `metadata.name=${name}`,
  };
  const left = await waitGone({ client, selection, patienceMs: GONE_MS, signal });
  if (left.length > 0) throw run.failed(`an earlier Job ${namespace}/${name} does not go away`);
}

async function jobOf({
  client,
  namespace,
  cronJob,
  name,
  id,
  timeoutMs,
  failed,
  signal,
}: JobRun): Promise<KubeObject> {
  const reference = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: cronJob, namespace } };
  const found = await client.get(reference, { signal });
  const template = objectAt(found, 'spec', 'jobTemplate');
  if (template === undefined) throw failed(`there is no CronJob ${namespace}/${cronJob}`);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels: marked(id) },
    spec: {
      activeDeadlineSeconds: Math.ceil(timeoutMs / 1000),
      ...objectAt(template, 'spec'),
      // It goes by itself where this workstation dies, and not before its output was read.
      ttlSecondsAfterFinished: TTL_SECONDS,
    },
  };
}

async function waitDone({ client, namespace, name, timeoutMs, failed, signal }: JobRun, job: KubeObject) {
  await waitUntil({
    client,
    selections: [{ apiVersion: 'batch/v1', kind: 'Job', namespace, fieldSelector: `metadata.name=${name}` }],
    timeoutMs,
    signal,
    look: async () => {
      const { status, message } = statusOf(await client.get(job, { signal }));
      if (status === 'Failed' || status === 'NotFound') throw failed(await why(message));
      return status === 'Current' || undefined;
    },
    late: async () => failed(await why(`not done after ${timeoutMs / 1000} s`)),
  });

  async function why(message: string): Promise<string> {
    const reasons = (await explain(client, job, { signal })).map(describeExplanation);
    return [`Job ${namespace}/${name}: ${message}`, ...reasons].join('; ');
  }
}

async function outputOf({ client, namespace, signal }: JobRun, job: KubeObject): Promise<string> {
  const labelSelector = `batch.kubernetes.io/controller-uid=${job.metadata.uid}`;
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Pod', namespace, labelSelector },
    { signal },
  );
  const pod = items.find((one) => textAt(one, 'status', 'phase') === 'Succeeded') ?? items.at(-1);
  const container = textAt(listAt(pod, 'spec', 'containers')[0], 'name');
  if (pod === undefined || container === undefined) return '';
  const request = { namespace, pod: pod.metadata.name, container, tailLines: LINES };
  return (await client.podLogs(request, { signal })) ?? '';
}
