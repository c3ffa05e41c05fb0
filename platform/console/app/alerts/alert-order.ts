import type { Alert } from '../../../client/kinds.ts';

const WEIGHT: Readonly<Record<string, number>> = { critical: 2, warning: 1, info: 0 };

/** The gravest first, then the latest. */
export function sortAlerts(alerts: readonly Alert[]): Alert[] {
  return alerts.toSorted(
    (a, b) =>
      (WEIGHT[b.spec.severity] ?? 0) - (WEIGHT[a.spec.severity] ?? 0) ||
      Date.parse(b.status?.lastSeen ?? b.created) - Date.parse(a.status?.lastSeen ?? a.created),
  );
}
