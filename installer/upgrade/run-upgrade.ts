import { imageMap, type LockedRelease } from '../../bundle/locked-release.ts';
import { isSkerryError, messageOf, type SkerryError } from '../../content/error.ts';
import type { MemoryStore } from '../../content/stores/memory.ts';
import type { Seed } from '../address/seed.ts';
import { installerError } from '../errors.ts';
import { applyImageWay } from '../images/image-way.ts';
import { REGISTRY_ADDRESS } from '../names.ts';
import { phasesOf } from '../phases/phases.ts';
import { Journal } from '../record/journal.ts';
import { type Lock, takeLock } from '../record/lock.ts';
import {
  adopting,
  begun,
  committed,
  hasChanged,
  releaseNameOf,
  returned,
  turnedBack,
  upgradeOf,
} from './record-changes.ts';
import { requireCheckpoint } from './require-checkpoint.ts';
import { tidyUp } from './tidy-up.ts';
import type { UpgradeContext, UpgradePhase } from './upgrade-phase.ts';
import { planUpgrade, type UpgradeInput, type UpgradePlan } from './upgrade-plan.ts';

export interface UpgradeRun {
  readonly context: UpgradeContext;
  readonly lock: Lock;
  /** As it is under the lock. */
  readonly plan: UpgradePlan;
}

export interface UpgradeSeed {
  readonly seed: Seed;
  readonly checkpoints: MemoryStore;
}

/**
 * Takes the lock, makes the plan again under it, and writes down that the upgrade has begun or goes on. Undefined where
 * another workstation has ended it meanwhile. Throws INSTALLER_BUSY, and the first problem that the plan finds.
 */
export async function beginUpgrade(
  input: UpgradeInput,
  { seed, checkpoints }: UpgradeSeed,
  id: string,
  { onWait, now = () => new Date() }: { onWait: (holder: string) => void; now?: () => Date },
): Promise<UpgradeRun | undefined> {
  const { client, bundle, key, by, random, signal } = input;
  const lock = await takeLock(client, { id, signal, onWait });
  try {
    const held = { ...input, signal: lock.signal };
    const plan = await planUpgrade(held);
    if (plan.isInstalled) {
      await lock.release();
      return undefined;
    }
    const problem = plan.checks.find((check) => check.problem !== undefined)?.problem;
    if (problem !== undefined) throw problem;
    const { installation } = plan.stored;
    const record =
      installation.upgrade === undefined
        ? begun(adopting(installation, plan.adopted), {
            id: random(),
            to: releaseNameOf(bundle.release, bundle.address),
            key: { fingerprint: key.fingerprint, pem: key.pem },
            startedAt: now().toISOString(),
            phases: [...plan.phases.map(({ phase }) => phase.id), 'commit'],
            components: plan.components,
          })
        : adopting(installation, plan.adopted);
    const options = { by, signal: lock.signal };
    const journal = await Journal.openToUpgrade(client, { ...plan.stored, installation: record }, options);
    const { from, images, rendered, storage, cluster } = plan;
    const nodes = cluster.nodes.filter(({ ready }) => ready).map(({ name }) => name);
    const context = { ...held, journal, seed, checkpoints, from, images, nodes, rendered, storage };
    return { lock, plan, context };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Runs one phase, written down in the journal. */
export async function runUpgradePhase(
  { context, lock: { signal } }: UpgradeRun,
  phase: UpgradePhase,
  onProgress: (text: string) => void,
): Promise<void> {
  await context.journal.phase(phase.id, () => phase.run({ ...context, signal }, onProgress), { signal });
}

/** The new release is what is installed from now on, and the one before is what can be returned to. */
export async function commitUpgrade(
  { context, lock: { signal } }: UpgradeRun,
  now: () => Date = () => new Date(),
): Promise<void> {
  const { client, bundle, journal } = context;
  const ids = phasesOf(bundle.release).map(({ id }) => id);
  await journal.phase('commit', () => useImagesOf(context, bundle.release, signal), { signal });
  await tidyUp(client, signal);
  await journal.finish({ signal }, (found) => committed(found, ids, now().toISOString()));
}

async function useImagesOf({ client, journal }: UpgradeContext, release: LockedRelease, signal: AbortSignal) {
  const images = imageMap(release, REGISTRY_ADDRESS);
  await applyImageWay({ client, images, id: journal.installation.id, signal });
}

/** What has to be done about an upgrade that failed. */
export type AfterFailure =
  /** Nothing that runs was changed, and the record says that nothing is under way. */
  | { readonly is: 'ended' }
  /** It goes on when it is run again. */
  | { readonly is: 'stopped' }
  /** It would go back, and can't: it stays where it is, to go on or go back once the cause is mended. */
  | { readonly is: 'stuck'; readonly cause: SkerryError }
  /** The record says that it goes back. */
  | { readonly is: 'turned-back' };

/** Not the fault of the release: running it again goes on. */
const PASSES = new Set([
  'INTERRUPTED',
  'LOCK_LOST',
  'INSTALLER_BUSY',
  'CLUSTER_UNREACHABLE',
  'CLUSTER_UNAUTHORIZED',
]);

/** Decides what becomes of an upgrade that failed, and writes it down. */
export async function settleFailure(
  {
    context,
    lock,
  }: {
    readonly context: Pick<UpgradeContext, 'journal' | 'client'>;
    readonly lock: Pick<Lock, 'signal'>;
  },
  error: unknown,
): Promise<AfterFailure> {
  const isStopped = lock.signal.aborted || (isSkerryError(error) && PASSES.has(error.code));
  const { upgrade } = context.journal.installation;
  const isKept = upgrade?.checkpoint !== undefined && hasChanged(upgrade);
  if (isSkerryError(lock.signal.reason, 'LOCK_LOST')) return { is: 'stopped' };
  if (isKept && isStopped) return { is: 'stopped' };
  const signal = AbortSignal.timeout(SETTLE_MS);
  if (!isKept) {
    const isWritten = await context.journal.change(returned, { signal }).then(
      () => true,
      () => false,
    );
    return { is: isWritten ? 'ended' : 'stopped' };
  }
  const barred = await whatBars(context, lock.signal);
  if (barred !== undefined) return barred;
  await context.journal.change((found) => turnedBack(found, problemOf(error)), {
    signal: AbortSignal.timeout(SETTLE_MS),
  });
  return { is: 'turned-back' };
}

/** Why it can't go back; undefined where it can. */
async function whatBars(
  { client, journal }: Pick<UpgradeContext, 'journal' | 'client'>,
  signal: AbortSignal,
): Promise<AfterFailure | undefined> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
  try {
    await requireCheckpoint(client, journal.installation, limited);
    return undefined;
  } catch (error) {
    if (signal.aborted || (isSkerryError(error) && PASSES.has(error.code))) return { is: 'stopped' };
    const { checkpoint } = upgradeOf(journal.installation);
    const subject = `${checkpoint?.repository}:${checkpoint?.tag}`;
    const unread = () => installerError('CHECKPOINT_UNREADABLE', { subject, detail: messageOf(error) });
    return { is: 'stuck', cause: isSkerryError(error) ? error : unread() };
  }
}

const SETTLE_MS = 10_000;
/** A registry that is on its way is waited for. */
const LOOK_MS = 120_000;

/** What to say of an upgrade that failed before it changed anything. */
export function endedError(
  {
    from,
    to,
  }: { readonly from: Pick<LockedRelease, 'version'>; readonly to: Pick<LockedRelease, 'name' | 'version'> },
  { code, message, cause }: SkerryError,
): SkerryError {
  return installerError('UPGRADE_ENDED', {
    subject: `${to.name} ${to.version}`,
    detail: `${code}: ${message}; ${from.version} runs as before`,
    cause,
  });
}

function problemOf(error: unknown): { code: string; message: string } {
  const known: SkerryError | undefined = isSkerryError(error) ? error : undefined;
  return { code: known?.code ?? 'INTERNAL', message: messageOf(error).slice(0, 2000) };
}
