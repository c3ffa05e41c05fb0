import type { ClusterSpec } from '../../api/cluster.ts';
import type { Finding } from './finding.ts';
import { isTimeZone } from './maintenance.ts';

/** Windows that never open, as nobody knows their time zone. A cluster is compiled all the same, and held. */
export function windowFindings({ policy }: ClusterSpec): readonly Finding[] {
  return (policy?.maintenance ?? []).flatMap(({ timeZone }, index) => {
    if (timeZone === undefined || isTimeZone(timeZone)) return [];
    const path = `spec.policy.maintenance[${index}].timeZone`;
    return [{ code: 'MAINTENANCE_WINDOW_INVALID', path, detail: timeZone }];
  });
}
