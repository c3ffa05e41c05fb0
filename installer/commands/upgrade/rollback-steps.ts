import type { SkerryError } from '../../../content/error.ts';
import { installerError } from '../../errors.ts';
import type { StoredInstallation, UpgradeRecord } from '../../record/installation.ts';
import { type Lock, takeLock } from '../../record/lock.ts';
import type { Console } from '../../terminal/console.ts';
import { runSteps, type StepTime } from '../../terminal/steps.ts';
import {
  type BackInput,
  beginGoingBack,
  differenceError,
  type Returned,
  readToGoBack,
} from '../../upgrade/go-back.ts';

export interface WentBack extends Returned {
  readonly from: string;
  readonly to: string;
  readonly times: readonly StepTime[];
}

export interface BackSettings extends BackInput {
  readonly signal: AbortSignal;
}

/** Goes back from what is under way, or, with `begin`, from what was finished: the lock is taken for it. */
export async function goBack(
  console: Console,
  input: BackSettings,
  output: 'text' | 'json',
  begin: ((lock: Lock) => Promise<StoredInstallation>) | undefined,
): Promise<WentBack> {
  const { client, signal } = input;
  const locked = Promise.withResolvers<Lock>();
  await runSteps(console, output, [
    {
      id: 'lock',
      title: 'Take the lock',
      run: async (report) => {
        const id = input.id ?? '';
        locked.resolve(
          await takeLock(client, { id, signal, onWait: (holder) => report(`waiting for ${holder}`) }),
        );
      },
    },
  ]);
  const lock = await locked.promise;
  try {
    return await goBackUnder(console, input, output, lock, begin);
  } finally {
    await lock.release();
  }
}

/** The same under a lock that is held. */
export async function goBackUnder(
  console: Console,
  input: BackInput,
  output: 'text' | 'json',
  lock: Lock,
  begin: (lock: Lock) => Promise<StoredInstallation> = async ({ signal }) =>
    await readToGoBack(input.client, signal),
): Promise<WentBack> {
  const run = await beginGoingBack(input, lock, await begin(lock));
  const { journal } = run.context;
  const { from, to } = run;
  try {
    const times = await runSteps(console, output, run.steps);
    return { ...run.result(), from: to.version, to: from.version, times };
  } catch (error) {
    await journal.failed(error, lock.signal);
    throw lock.signal.aborted ? lock.signal.reason : error;
  }
}

/** What to say after an upgrade that went back. */
export function finishGoingBack(result: WentBack, reason: UpgradeRecord['reason']): SkerryError {
  const differs = differenceError(result, result.to);
  if (differs !== undefined) return differs;
  const stays = result.stays.length === 0 ? '' : `; made since, and left: ${result.stays.join(', ')}`;
  return installerError('UPGRADE_TAKEN_BACK', {
    subject: `${result.from} to ${result.to}`,
    detail: `${reason === undefined ? 'by an operator’s word' : `${reason.code}: ${reason.message}`}${stays}`,
  });
}
