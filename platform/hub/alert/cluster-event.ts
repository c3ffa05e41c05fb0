import { createHash } from 'node:crypto';
import type { CallOptions, KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { Cluster } from '../../api/cluster.ts';
import { API_VERSION } from '../../api/group.ts';
import type { News } from './delivery-plan.ts';

/** Makes the Event of a change, on the Cluster that it is about or else on the alert. One that is there is left. */
export async function makeEvent(
  client: Pick<KubeClient, 'create'>,
  news: News,
  { now, ...options }: CallOptions & { now: Date },
): Promise<void> {
  try {
    await client.create(eventOf(news, now), options);
  } catch (error) {
    if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
  }
}

/** events.k8s.io/v1 asks for eventTime, reportingController, reportingInstance, action, reason and a note under 1 kB. */
function eventOf({ alert, state }: News, now: Date): KubeObject {
  const { project, name, spec, status, object } = alert;
  const isOnCluster = spec.cluster !== undefined;
  const occasion = `${name} ${state} ${status?.count} ${status?.resolvedAt ?? status?.firstSeen}`;
  const id = createHash('sha256').update(occasion).digest('hex').slice(0, 16);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 200)}.${id}`, namespace: project },
    eventTime: now.toISOString().replace('Z', '000Z'),
    type: state === 'firing' && spec.severity !== 'info' ? 'Warning' : 'Normal',
    reason: state === 'firing' ? spec.rule : `${spec.rule}Resolved`,
    action: state === 'firing' ? 'Alert' : 'Resolve',
    note: `${spec.subject}: ${status?.message ?? ''}`.slice(0, 1000),
    regarding: {
      apiVersion: API_VERSION,
      kind: isOnCluster ? Cluster.kind : object.kind,
      namespace: project,
      name: spec.cluster ?? name,
    },
    reportingController: 'skerry.dev/hub',
    reportingInstance: 'skerry-hub',
  };
}
