import { openReleaseBundle, type ReleaseBundle } from '../../../bundle/release-bundle.ts';
import type { AddressWay } from '../../address/address-way.ts';
import type { Seed } from '../../address/seed.ts';
import { beginInstallation, type InstallContext, probeNodes, type Run, runPhase } from '../../install.ts';
import { type InstallPlan, planInstallation } from '../../install-plan.ts';
import type { Phase } from '../../phases/phase.ts';
import type { PlanStep } from '../../plan.ts';
import type { Stick } from '../../stick/stick.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { runSteps, type Step, type StepTime } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';

/** Proves the bundle, telling how far it is. */
export async function verifyBundle(
  console: Console,
  output: 'text' | 'json',
  stick: Stick,
  key: InstallContext['key'],
  signal: AbortSignal,
): Promise<{ bundle: ReleaseBundle; times: StepTime[] }> {
  const opened = Promise.withResolvers<ReleaseBundle>();
  const times = await runSteps(console, output, [
    {
      id: 'verify',
      title: `Verify ${stick.bundle}`,
      run: async (report) => {
        const onProgress = ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }) =>
          report(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`);
        const { volumes } = stick;
        const bundle = await openReleaseBundle(stick.bundle, key, { signal, onProgress, volumes });
        opened.resolve(bundle);
        return `${bundle.release.name} ${bundle.release.version}, ${formatBytes(bundle.bytes)}, signed by ${key.fingerprint}`;
      },
    },
  ]);
  return { bundle: await opened.promise, times };
}

/** Looks at the cluster; every problem is reported, and the first one thrown. */
export async function check(
  console: Console,
  context: InstallContext,
  output: 'text' | 'json',
): Promise<{ plan: InstallPlan; times: StepTime[] }> {
  const planned = Promise.withResolvers<InstallPlan>();
  const times = await runSteps(console, output, [
    {
      id: 'check',
      title: `Check the cluster at ${context.client.server}`,
      run: async () => {
        const plan = await planInstallation(context, { findConflicts: true });
        planned.resolve(plan);
        return `${plan.checks.length} checks`;
      },
    },
  ]);
  const plan = await planned.promise;
  const problems = plan.checks.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const [first, ...others] = problems;
  if (first === undefined) return { plan, times };
  // All problems are reported, so that they are mended in one go; the first one gives the exit code.
  for (const other of others) reportError(console, output, other);
  throw first;
}

/**
 * Carries out the plan from the seed, under the lock. Returns the plan that was carried out: what was planned before
 * the lock was had may have been done by another installer meanwhile.
 */
export async function runAll(
  console: Console,
  context: InstallContext,
  plan: InstallPlan,
  seed: Seed,
  output: 'text' | 'json',
): Promise<{ plan: InstallPlan; times: StepTime[] }> {
  let way: AddressWay | undefined;
  const begun = Promise.withResolvers<Run>();
  const times = await runSteps(console, output, [
    {
      id: 'probe',
      title: `See that the nodes can pull from ${seed.description}`,
      skip: needsSeed(plan) ? undefined : 'the registry in the cluster has everything',
      run: async (report) => {
        way = await probeNodes(context, plan, seed, report);
      },
    },
    {
      id: 'lock',
      title: 'Take the lock and open the journal',
      run: async (report) =>
        begun.resolve(
          await beginInstallation(context, plan, way, (holder) => report(`waiting for ${holder}`)),
        ),
    },
  ]);
  const run = await begun.promise;
  try {
    const phases = await runSteps(console, output, [
      ...run.plan.phases.map(
        ({ phase, title, state }, index): Step => ({
          id: phase.id,
          title,
          skip: state === 'done' ? 'done before' : undefined,
          run: (onProgress) =>
            runPhase(context, run, seed, phase, { next: pending(run.plan.phases[index + 1]), onProgress }),
        }),
      ),
      {
        id: 'record',
        title: 'Record the installation',
        run: () => run.journal.finish({ signal: run.lock.signal }),
      },
    ]);
    return { plan: run.plan, times: [...times, ...phases] };
  } catch (error) {
    await run.journal.failed(error, run.lock.signal);
    throw run.lock.signal.aborted ? run.lock.signal.reason : error;
  } finally {
    await run.lock.release();
  }
}

function pending(step: PlanStep | undefined): Phase | undefined {
  return step?.state === 'run' ? step.phase : undefined;
}

function needsSeed({ phases }: InstallPlan): boolean {
  return phases.some(({ phase, state }) => phase.id === 'copy' && state === 'run');
}
