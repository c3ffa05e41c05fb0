import { collectFindings, type Finding, type Report } from './finding.ts';
import { isTimeZone } from './maintenance.ts';
import { type LayerSources, planLayers } from './plan-layers.ts';

/** All that can be said of a cluster's spec before there is an agent; secrets are only looked for, not read. */
export function validateCluster(sources: LayerSources): readonly Finding[] {
  const { findings, report } = collectFindings();
  checkWindows(sources, report);
  planLayers(sources, report);
  return findings;
}

function checkWindows({ spec }: LayerSources, report: Report): void {
  for (const [index, { timeZone }] of (spec.policy?.maintenance ?? []).entries()) {
    if (timeZone === undefined || isTimeZone(timeZone)) continue;
    const path = `spec.policy.maintenance[${index}].timeZone`;
    report('MAINTENANCE_WINDOW_INVALID', path, timeZone);
  }
}
