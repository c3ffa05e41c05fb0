import type { Freshness } from '../../channel/client/freshness.ts';
import type { UpgradeForecast } from '../forecast/forecast.ts';
import { allFindings, type CheckResult } from '../preflight/upgrade/run-checks.ts';

/** What is printed of a plan: every hop, with what it needs and what stands in its way. */
export interface UpgradePlanReport {
  readonly installed: { readonly name: string; readonly version: string };
  readonly hops: readonly PlannedHop[];
  /** About the way itself. */
  readonly notes: readonly string[];
  readonly channel: { readonly freshness: Freshness; readonly edition: number } | undefined;
}

export interface PlannedHop {
  readonly forecast: UpgradeForecast;
  readonly checks: readonly CheckResult[];
}

/** The plan for programs: what `--output json` prints. */
export function planJson({ installed, hops, notes, channel }: UpgradePlanReport) {
  const totals = planTotals(hops);
  return {
    installed,
    to: hops.at(-1)?.forecast.to,
    isInstalled: hops.length === 0,
    ...totals,
    channel,
    notes,
    hops: hops.map(({ forecast, checks }) => ({
      ...forecast,
      findings: allFindings(checks),
      checks: checks.map(({ id, title, findings }) => ({ id, title, ok: findings.length === 0 })),
    })),
  };
}

export interface PlanTotals {
  readonly minutes: number;
  readonly importBytes: number;
  /** The longest time for which one component does not answer. */
  readonly downtimeSeconds: number;
  readonly blocked: boolean;
}

export function planTotals(hops: readonly PlannedHop[]): PlanTotals {
  const seconds = hops.reduce((sum, { forecast }) => sum + forecast.seconds, 0);
  return {
    minutes: Math.round(seconds / 6) / 10,
    importBytes: hops.reduce(
      (sum, { forecast: { content } }) => sum + (content.importBytes ?? content.bytes),
      0,
    ),
    downtimeSeconds: Math.max(
      0,
      ...hops.flatMap(({ forecast }) => forecast.components.map(({ downtimeSeconds }) => downtimeSeconds)),
    ),
    blocked: hops.some(({ checks }) => allFindings(checks).some(({ severity }) => severity === 'blocks')),
  };
}
