import type { Engine } from '../../apply/release/component.ts';
import type { ReleaseBundle } from '../../bundle/release-bundle.ts';
import type { Digest } from '../../content/digest.ts';
import type { Store } from '../../content/store.ts';
import type { RegistryStorage } from '../component.ts';
import { readForecast } from '../forecast/read-forecast.ts';
import { readSubject, type UpgradeSubject } from '../forecast/upgrade-subject.ts';
import type { HopPlan } from '../offer/plan-hops.ts';
import { UPGRADE_CHECKS } from '../preflight/upgrade/checks.ts';
import type { CheckContext, DatedThing } from '../preflight/upgrade/finding.ts';
import { runChecks } from '../preflight/upgrade/run-checks.ts';
import type { Installation } from '../record/installation.ts';
import type { PlannedHop, UpgradePlanReport } from './upgrade-plan.ts';

export interface PlanInput {
  readonly engine: Engine;
  readonly installation: Installation;
  readonly plan: Pick<HopPlan, 'notes' | 'channel'>;
  /** The releases of its hops, verified and open. */
  readonly bundles: readonly ReleaseBundle[];
  /** The release that is installed, as the cluster's registry holds it. */
  readonly installed: ReleaseBundle;
  /** The registry in the cluster; undefined where it can't be asked. */
  readonly registry: Store | undefined;
  readonly storage: RegistryStorage;
  readonly onConflict: CheckContext['onConflict'];
  readonly acceptExpired: boolean;
  /** Milliseconds since 1970, as the clock here has them. */
  readonly clock: number;
  readonly certificates: readonly DatedThing[] | undefined;
  /** Whether a signed statement tells of an upgrade between these two; undefined where nobody can say. */
  readonly isProven: ((from: ReleaseBundle, to: ReleaseBundle) => Promise<boolean | undefined>) | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** Looks at every hop of a way: what it will do and need, and what stands against it. Changes nothing. */
export async function readPlan(input: PlanInput): Promise<UpgradePlanReport> {
  const { installation, plan, bundles, onProgress } = input;
  const hops: PlannedHop[] = [];
  const brought = new Set<Digest>();
  let from = input.installed;
  let earlier: UpgradeSubject | undefined;
  for (const to of bundles) {
    onProgress?.(`${from.release.version} to ${to.release.version}`);
    const opened = await planOpened(input, { from, to, earlier, brought });
    for (const digest of opened.brought) brought.add(digest);
    hops.push(opened.planned);
    from = to;
    earlier = opened.subject;
  }
  const { name, version } = installation.release;
  return { installed: { name, version }, hops, notes: plan.notes, channel: plan.channel };
}

interface OpenedHop {
  readonly from: ReleaseBundle;
  readonly to: ReleaseBundle;
  readonly earlier: UpgradeSubject | undefined;
  /** What earlier hops will have brought into the registry. */
  readonly brought: ReadonlySet<Digest>;
}

async function planOpened(
  input: PlanInput,
  { from, to, earlier, brought }: OpenedHop,
): Promise<{ planned: PlannedHop; subject: UpgradeSubject; brought: readonly Digest[] }> {
  const { engine, installation, storage, registry } = input;
  const subject = await readSubject({ engine, installation, from, to, storage, earlier });
  const read = await readForecast({ subject, registry, brought });
  const checks = await runChecks(UPGRADE_CHECKS, {
    ...{ subject, forecast: read.forecast, clock: input.clock, channel: input.plan.channel?.freshness },
    ...{ acceptExpired: input.acceptExpired, certificates: input.certificates, onConflict: input.onConflict },
    proven: await input.isProven?.(from, to),
  });
  return { planned: { forecast: read.forecast, checks }, subject, brought: read.brought };
}
