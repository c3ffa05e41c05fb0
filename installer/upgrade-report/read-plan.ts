import type { Engine } from '../../apply/release/component.ts';
import type { PublicKey } from '../../bundle/key.ts';
import type { ReleaseBundle } from '../../bundle/release-bundle.ts';
import type { Digest } from '../../content/digest.ts';
import type { Store } from '../../content/store.ts';
import type { RegistryStorage } from '../component.ts';
import { readForecast } from '../forecast/read-forecast.ts';
import { readSubject, type UpgradeSubject } from '../forecast/upgrade-subject.ts';
import { type Hop, type HopPlan, openHop } from '../offer/plan-hops.ts';
import { UPGRADE_CHECKS } from '../preflight/upgrade/checks.ts';
import type { CheckContext, DatedThing } from '../preflight/upgrade/finding.ts';
import { runChecks } from '../preflight/upgrade/run-checks.ts';
import type { Installation } from '../record/installation.ts';
import type { PlannedHop, UpgradePlanReport } from './upgrade-plan.ts';

export interface PlanInput {
  readonly engine: Engine;
  readonly installation: Installation;
  readonly plan: HopPlan;
  /** The key that releases are verified with. */
  readonly key: PublicKey;
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
  const { installation, plan } = input;
  const hops: PlannedHop[] = [];
  const opened: ReleaseBundle[] = [];
  try {
    let from = input.installed;
    let earlier: UpgradeSubject | undefined;
    const brought = new Set<Digest>();
    for (const hop of plan.hops) {
      const { bundle, planned, subject } = await planHop(input, hop, { from, earlier, brought });
      opened.push(bundle);
      hops.push(planned);
      from = bundle;
      earlier = subject;
    }
  } finally {
    for (const bundle of opened) await bundle.store.close();
  }
  const { name, version } = installation.release;
  return { installed: { name, version }, hops, notes: plan.notes, channel: plan.channel };
}

async function planHop(
  input: PlanInput,
  hop: Hop,
  at: {
    readonly from: ReleaseBundle;
    readonly earlier: UpgradeSubject | undefined;
    readonly brought: Set<Digest>;
  },
): Promise<{ bundle: ReleaseBundle; planned: PlannedHop; subject: UpgradeSubject }> {
  const { engine, key, onProgress } = input;
  onProgress?.(`verifying ${hop.to.version}`);
  const bundle = await openHop(hop, key, { signal: engine.signal });
  try {
    onProgress?.(`looking at ${hop.from} to ${hop.to.version}`);
    const { planned, subject, brought } = await planOpened(input, { ...at, to: bundle });
    for (const digest of brought) at.brought.add(digest);
    return { bundle, planned, subject };
  } catch (error) {
    await bundle.store.close();
    throw error;
  }
}

interface OpenedHop {
  readonly from: ReleaseBundle;
  readonly to: ReleaseBundle;
  readonly earlier: UpgradeSubject | undefined;
  /** What earlier hops will have brought into the registry. */
  readonly brought: ReadonlySet<Digest>;
}

/** As readPlan, of one hop whose releases are open. */
export async function planOpened(
  input: Omit<PlanInput, 'plan' | 'key' | 'installed' | 'onProgress'> & {
    readonly plan: Pick<HopPlan, 'channel'>;
  },
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
