import { waitComponent } from '../../apply/release/wait.ts';
import { isSkerryError } from '../../content/error.ts';
import type { Seed } from '../address/seed.ts';
import {
  type Checkpoint,
  compareWithCheckpoint,
  type Difference,
  openCheckpoint,
  restoreObjects,
} from '../checkpoint/checkpoint.ts';
import { installerError } from '../errors.ts';
import type { InstallContext } from '../install.ts';
import {
  type Installation,
  type JournalPhase,
  readInstallation,
  type StoredInstallation,
} from '../record/installation.ts';
import { Journal } from '../record/journal.ts';
import type { Lock } from '../record/lock.ts';
import { openInstalledRelease } from './installed-release.ts';
import { registryIn, returned, upgradeOf } from './record-changes.ts';
import { RETURN_MS } from './return-component.ts';
import { tidyUp } from './tidy-up.ts';
import type { BackContext, ReleaseSource, UpgradePhase } from './upgrade-phase.ts';
import { upgradePhases } from './upgrade-phases.ts';

export type BackInput = Pick<
  InstallContext,
  'client' | 'helm' | 'scratch' | 'random' | 'hashPassword' | 'by'
> & {
  readonly seed?: Pick<Seed, 'endpoint'> | undefined;
  /** How long a component may take to become healthy, in milliseconds; 5 minutes when absent. */
  readonly healthMs?: number | undefined;
  /** Of the installation, for the lock. */
  readonly id?: string | undefined;
};

export interface BackRun {
  readonly context: BackContext;
  readonly steps: readonly BackStep[];
  /** The release that it goes back to, and the one that it comes from. */
  readonly from: Installation['release'];
  readonly to: Installation['release'];
  /** What came of it, once all steps are done. */
  readonly result: () => Returned;
}

export interface BackStep {
  readonly id: string;
  readonly title: string;
  readonly run: (onProgress: (text: string) => void) => Promise<string | undefined>;
}

export interface Returned {
  /** What was made since the checkpoint and stays. */
  readonly stays: readonly string[];
  /** What is not as the checkpoint has it. */
  readonly differences: readonly Difference[];
}

/**
 * Goes back, as the record under the lock says: what was begun is undone from the last to the first, then objects and
 * settings are put back, then all is compared with the checkpoint. The steps may be cut off anywhere and repeated.
 */
export async function beginGoingBack(
  input: BackInput,
  lock: Lock,
  stored: StoredInstallation,
): Promise<BackRun> {
  const { client, by } = input;
  const { signal } = lock;
  const journal = await Journal.openToUpgrade(client, stored, { by, signal });
  const { checkpoint: address, from, to } = upgradeOf(journal.installation);
  const before = once(async () => await openInstalledRelease(client, from, signal));
  const checkpoint = once(async () => {
    if (address === undefined)
      throw installerError('CHECKPOINT_NOT_FOUND', { subject: from.version, detail: 'none was kept' });
    return await openCheckpoint(client, address, signal);
  });
  const context: BackContext = {
    ...input,
    healthMs: input.healthMs ?? RETURN_MS,
    ...{ signal, journal, before, checkpoint, late: new Set<string>() },
  };
  const told = { stays: [] as string[], differences: [] as Difference[] };
  const ordered = backPhases(
    upgradeOf(journal.installation).phases,
    upgradePhases(upgradeOf(journal.installation).components),
  );
  const isWithout = address === undefined;
  const steps = [
    ...registryFirst(ordered, journal, await isReachable(context)).map((phase) => undoStep(context, phase)),
    ...(isWithout
      ? []
      : [restoreStep(context, told.stays), healthStep(context), compareStep(context, told.differences)]),
    recordStep(context),
  ];
  return { context, steps, from, to, result: () => told };
}

/** The record as it is now, for going back from. Throws NOTHING_TO_ROLL_BACK. */
export async function readToGoBack(
  client: InstallContext['client'],
  signal: AbortSignal,
): Promise<StoredInstallation> {
  const stored = await readInstallation(client, { signal });
  if (stored?.installation.upgrade?.direction !== 'back')
    throw installerError('NOTHING_TO_ROLL_BACK', { subject: client.server });
  return stored;
}

/** What was begun and changed something that runs, the last first. */
export function backPhases(
  recorded: readonly JournalPhase[],
  phases: readonly UpgradePhase[],
): UpgradePhase[] {
  const begun = new Set(recorded.filter(({ state }) => state !== 'waiting').map(({ id }) => id));
  return phases.filter(({ id, back }) => back !== undefined && begun.has(id)).toReversed();
}

/** The checkpoint is in the registry: where that does not answer since it was upgraded, it is returned before all else. */
function registryFirst(
  phases: readonly UpgradePhase[],
  { installation }: Journal,
  isAnswering: boolean,
): readonly UpgradePhase[] {
  const registry = phases.find(({ id }) => id === `component-${registryIn(installation)}`);
  if (registry === undefined || isAnswering) return phases;
  return [registry, ...phases.filter((phase) => phase !== registry)];
}

async function isReachable({ checkpoint }: BackContext): Promise<boolean> {
  try {
    await checkpoint();
    return true;
  } catch (error) {
    if (isSkerryError(error)) return false;
    throw error;
  }
}

function undoStep(context: BackContext, { id, back }: UpgradePhase): BackStep {
  const { journal, signal } = context;
  return {
    id: `back-${id}`,
    title: back?.title ?? id,
    run: async (onProgress) => {
      await back?.run(context, onProgress);
      if ([...context.late].some((name) => id === `component-${name}`)) return 'not healthy yet';
      await journal.undone(id, { signal });
      return undefined;
    },
  };
}

function restoreStep(context: BackContext, stays: string[]): BackStep {
  const { client, checkpoint, signal } = context;
  return {
    id: 'restore',
    title: 'Put objects and settings back to the checkpoint',
    run: async (onProgress) => {
      const restored = await restoreObjects({ client, checkpoint: await checkpoint(), signal, onProgress });
      stays.push(...restored.filter(({ action }) => action === 'made-since').map(({ object }) => object));
      return `${restored.length - stays.length} put back`;
    },
  };
}

/** What was not healthy when it was returned has to be by now; otherwise the next run returns it again. */
function healthStep({ client, journal, late, healthMs, signal }: BackContext): BackStep {
  return {
    id: 'health',
    title: 'Wait until everything is healthy again',
    run: async (onProgress) => {
      for (const name of late) {
        const component = upgradeOf(journal.installation).components.find((one) => one.name === name);
        if (component === undefined) continue;
        await waitComponent({ client, signal }, { ...component, timeoutMs: healthMs }, onProgress);
        await journal.undone(`component-${name}`, { signal });
      }
      return late.size === 0 ? 'it is' : `${late.size} were late`;
    },
  };
}

function compareStep(context: BackContext, differences: Difference[]): BackStep {
  const { client, checkpoint, signal } = context;
  return {
    id: 'compare',
    title: 'Compare everything with the checkpoint',
    run: async () => {
      const found = await compareWithCheckpoint({ client, checkpoint: await checkpoint(), signal });
      differences.push(...found.filter(({ stays }) => !stays));
      return differences.length === 0 ? 'the same' : `${differences.length} differences`;
    },
  };
}

function recordStep({ client, journal, signal }: BackContext): BackStep {
  return {
    id: 'record',
    title: 'Record that the release before is installed',
    run: async () => {
      await tidyUp(client, signal);
      await journal.finish({ signal }, returned);
      return undefined;
    },
  };
}

/** ROLLBACK_DIFFERS where something is not as it was; undefined where all is. */
export function differenceError({ differences }: Returned, version: string) {
  if (differences.length === 0) return undefined;
  const shown = differences.slice(0, 20).map(describeDifference);
  const more = differences.length > shown.length ? [`${differences.length - shown.length} more`] : [];
  return installerError('ROLLBACK_DIFFERS', { subject: version, detail: [...shown, ...more].join('; ') });
}

function describeDifference({ subject, what, fields }: Difference): string {
  return fields.length === 0
    ? `${subject} ${what}`
    : `${subject} ${fields.map(({ field }) => field).join(', ')}`;
}

/** Asked for once it has answered. */
function once<T extends ReleaseSource | Checkpoint>(ask: () => Promise<T>): () => Promise<T> {
  let answered: T | undefined;
  return async () => {
    answered ??= await ask();
    return answered;
  };
}
