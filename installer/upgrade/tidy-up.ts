import type { KubeClient } from '../../apply/client/client.ts';
import { removeCopyJob } from '../copy/copy-job.ts';
import { NAMESPACE } from '../names.ts';
import { PULLS_LABEL } from './pull-on-nodes.ts';

/** Takes away what passing helpers of runs that were killed have left. */
export async function tidyUp(
  client: Pick<KubeClient, 'get' | 'list' | 'delete' | 'watch'>,
  signal: AbortSignal,
): Promise<void> {
  await removeCopyJob(client, signal);
  const labelSelector = `${PULLS_LABEL}=true`;
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, labelSelector },
    { signal },
  );
  for (const pod of items) await client.delete(pod, { uid: pod.metadata.uid, signal });
}
