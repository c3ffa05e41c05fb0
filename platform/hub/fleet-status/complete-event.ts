import type { KubeObject } from '../../../apply/object.ts';
import { API_VERSION } from '../../api/group.ts';
import type { Report } from '../../desired/report.ts';
import type { StoredCluster } from '../watched/stored.ts';
import { completeMessage } from './cluster-status.ts';

/** Says that a cluster is complete. It has one name for each envelope, so that it is said once. */
export function completeEvent({ metadata }: StoredCluster, report: Report, now: Date): KubeObject {
  const { name, namespace, uid } = metadata;
  const time = now.toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.complete-${report.envelope.number}`, namespace },
    involvedObject: { apiVersion: API_VERSION, kind: 'Cluster', name, namespace, uid },
    type: 'Normal',
    reason: 'Complete',
    message: completeMessage(report).slice(0, 1000),
    source: { component: 'skerry-hub' },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
