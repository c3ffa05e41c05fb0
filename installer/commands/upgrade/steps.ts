import { isSkerryError, messageOf, type SkerryError } from '../../../content/error.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { OverlayStore } from '../../../content/stores/overlay.ts';
import { requestLogFile } from '../../address/request-log-file.ts';
import { openSeed, type Seed } from '../../address/seed.ts';
import { installerError } from '../../errors.ts';
import { type Console, reportError } from '../../terminal/console.ts';
import { runSteps, type Step, type StepTime } from '../../terminal/steps.ts';
import { upgradeOf } from '../../upgrade/record-changes.ts';
import { retireReleases } from '../../upgrade/retire/retire-releases.ts';
import {
  beginUpgrade,
  commitUpgrade,
  endedError,
  runUpgradePhase,
  settleFailure,
  type UpgradeRun,
} from '../../upgrade/run-upgrade.ts';
import { planUpgrade, type UpgradeInput, type UpgradePlan } from '../../upgrade/upgrade-plan.ts';
import type { UpgradeCommandOptions } from '../upgrade.ts';
import { finishGoingBack, goBackUnder } from './rollback-steps.ts';

/** Looks at the cluster; every problem is reported, and the first one thrown. */
export async function checkUpgrade(
  console: Console,
  input: UpgradeInput,
  output: 'text' | 'json',
): Promise<{ plan: UpgradePlan; times: StepTime[] }> {
  const planned = Promise.withResolvers<UpgradePlan>();
  const times = await runSteps(console, output, [
    {
      id: 'check',
      title: `Check the cluster at ${input.client.server}`,
      run: async () => {
        const plan = await planUpgrade(input);
        planned.resolve(plan);
        return `${plan.checks.length} checks`;
      },
    },
  ]);
  const plan = await planned.promise;
  const [first, ...others] = plan.checks.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  if (first === undefined || plan.isInstalled) return { plan, times };
  for (const other of others) reportError(console, output, other);
  throw first;
}

/**
 * Carries out an upgrade under the lock; undefined where another workstation has ended it meanwhile. What fails after the
 * checkpoint is taken back at once.
 * Throws UPGRADE_ENDED, UPGRADE_TAKEN_BACK, and what stopped it from outside.
 */
export async function runUpgrade(
  console: Console,
  input: UpgradeInput,
  options: Pick<UpgradeCommandOptions, 'address' | 'port' | 'requestLog'>,
  output: 'text' | 'json',
  planned: UpgradePlan,
): Promise<StepTime[] | undefined> {
  return await withSeed(input, options, (from) => runFrom(console, input, from, output, planned));
}

/** Serves the release of the stick from this workstation while something is done. */
export async function withSeed<T>(
  { bundle, client, signal }: Pick<UpgradeInput, 'bundle' | 'client' | 'signal'>,
  options: Pick<UpgradeCommandOptions, 'address' | 'port' | 'requestLog'>,
  use: (from: { readonly seed: Seed; readonly checkpoints: MemoryStore }) => Promise<T>,
): Promise<T> {
  const checkpoints = new MemoryStore('checkpoints');
  const seed = await openSeed({
    store: new OverlayStore([bundle.store, checkpoints]),
    release: bundle.address,
    server: client.server,
    address: options.address,
    port: options.port,
    log: requestLogFile(options.requestLog),
    signal,
  });
  try {
    return await use({ seed, checkpoints });
  } finally {
    await seed.close();
  }
}

async function runFrom(
  console: Console,
  input: UpgradeInput,
  from: { seed: Seed; checkpoints: MemoryStore },
  output: 'text' | 'json',
  planned: UpgradePlan,
): Promise<StepTime[] | undefined> {
  const begun = Promise.withResolvers<UpgradeRun | undefined>();
  const { id } = planned.stored.installation;
  const times = await runSteps(console, output, [
    {
      id: 'lock',
      title: 'Take the lock and open the journal',
      run: async (report) =>
        begun.resolve(
          await beginUpgrade(input, from, id, { onWait: (holder) => report(`waiting for ${holder}`) }),
        ),
    },
  ]);
  const run = await begun.promise;
  if (run === undefined) return undefined;
  try {
    return [...times, ...(await runPhases(console, run, output))];
  } catch (error) {
    throw await afterFailure(console, input, run, error, { seed: from.seed, output });
  } finally {
    await run.lock.release();
  }
}

async function runPhases(console: Console, run: UpgradeRun, output: 'text' | 'json'): Promise<StepTime[]> {
  return await runSteps(console, output, [
    ...run.plan.phases.map(
      ({ phase, state }): Step => ({
        id: phase.id,
        title: phase.title,
        skip: state === 'done' ? 'done before' : undefined,
        run: (onProgress) => runUpgradePhase(run, phase, onProgress),
      }),
    ),
    {
      id: 'commit',
      title: `Record that ${run.plan.to.version} is installed`,
      run: () => commitUpgrade(run),
    },
    {
      id: 'retire',
      title: 'Take names of releases that nothing leads to any more out of the registry',
      run: (onProgress) => retireReleases(run, onProgress),
    },
  ]);
}

/** What to throw in the end. */
async function afterFailure(
  console: Console,
  input: UpgradeInput,
  run: UpgradeRun,
  error: unknown,
  { seed, output }: { seed: Seed; output: 'text' | 'json' },
): Promise<unknown> {
  const { journal } = run.context;
  const { lock } = run;
  await journal.failed(error, lock.signal);
  const after = await settleFailure(run, error);
  const thrown = lock.signal.aborted ? lock.signal.reason : error;
  if (after.is === 'stopped') return thrown;
  if (after.is === 'ended') return isStop(thrown) ? thrown : endedError(run.plan, asError(thrown));
  const { reason } = upgradeOf(journal.installation);
  reportError(console, output, asError(error));
  if (after.is === 'stuck') return after.cause;
  const result = await goBackUnder(console, { ...input, seed }, output, lock);
  return finishGoingBack(result, reason);
}

function isStop(error: unknown): boolean {
  return isSkerryError(error, 'INTERRUPTED') || isSkerryError(error, 'LOCK_LOST');
}

function asError(error: unknown): SkerryError {
  return isSkerryError(error)
    ? error
    : installerError('INTERNAL', { subject: 'skerry upgrade', detail: messageOf(error), cause: error });
}
