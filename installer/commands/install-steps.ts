import { openReleaseBundle, type ReleaseBundle } from '../../bundle/release-bundle.ts';
import { type Console, reportError } from '../console.ts';
import { installerError } from '../errors.ts';
import {
  beginInstallation,
  type InstallContext,
  type InstallPlan,
  planInstallation,
  probeNodes,
  type Run,
  runPhase,
} from '../install.ts';
import type { Seed } from '../seed.ts';
import { runSteps, type Step } from '../steps.ts';
import type { Stick } from '../stick.ts';
import { formatBytes } from '../units.ts';

/** Proves the bundle, telling how far it is. */
export async function verifyBundle(
  console: Console,
  output: 'text' | 'json',
  stick: Stick,
  key: InstallContext['key'],
  signal: AbortSignal,
): Promise<ReleaseBundle> {
  const opened = Promise.withResolvers<ReleaseBundle>();
  await runSteps(console, output, [
    {
      title: `Verify ${stick.bundle}`,
      run: async (report) => {
        const onProgress = ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }) =>
          report(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`);
        const bundle = await openReleaseBundle(stick.bundle, key, { signal, onProgress });
        opened.resolve(bundle);
        return `${bundle.release.name} ${bundle.release.version}, ${formatBytes(bundle.store.file.size)}, signed by ${key.fingerprint}`;
      },
    },
  ]);
  return await opened.promise;
}

/** Looks at the cluster; every problem is told, and the first one thrown. */
export async function check(
  console: Console,
  context: InstallContext,
  output: 'text' | 'json',
): Promise<InstallPlan> {
  const planned = Promise.withResolvers<InstallPlan>();
  await runSteps(console, output, [
    {
      title: `Check the cluster at ${context.client.server}`,
      run: async () => {
        const plan = await planInstallation(context);
        planned.resolve(plan);
        return `${plan.checks.length} checks`;
      },
    },
  ]);
  const plan = await planned.promise;
  const problems = plan.checks.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const [first, ...others] = problems;
  if (first === undefined) return plan;
  // All problems are told, so that they are mended in one go; the first one gives the exit code.
  for (const other of others) reportError(console, output, other);
  throw first;
}

/** Carries out the plan from the seed, under the lock. */
export async function runAll(
  console: Console,
  context: InstallContext,
  plan: InstallPlan,
  seed: Seed,
  output: 'text' | 'json',
): Promise<void> {
  let run: Run | undefined;
  const begun = (): Run => {
    if (run === undefined) throw installerError('INSTALLATION_INVALID', { subject: 'the journal' });
    return run;
  };
  const needsSeed = plan.phases.some(({ phase, state }) => phase.kind === 'copy' && state === 'run');
  const steps: Step[] = [
    {
      title: `See that the nodes can pull from ${seed.description}`,
      skip: needsSeed ? undefined : 'the registry in the cluster has everything',
      run: (report) => probeNodes(context, plan, seed, report),
    },
    {
      title: 'Take the lock and open the journal',
      run: async (report) => {
        run = await beginInstallation(context, (holder) => report(`waiting for ${holder}`));
      },
    },
    ...plan.phases.map(
      ({ phase, title, state }): Step => ({
        title,
        // Phases that were done once are looked at again when the whole was found wanting.
        skip:
          state === 'done' && plan.phases.some((other) => other.state === 'run') ? 'done before' : undefined,
        run: (report) => runPhase(context, begun(), seed, phase, report),
      }),
    ),
    { title: 'Record the installation', run: () => begun().journal.finish({ signal: context.signal }) },
  ];
  try {
    await runSteps(console, output, steps);
  } finally {
    await run?.lock.release();
  }
}
