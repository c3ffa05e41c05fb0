import type { KubeClient } from '../../apply/client/client.ts';
import type { Clock } from '../../apply/clock.ts';
import { type Lease, takeLease } from '../../apply/lease.ts';
import { installerError } from '../errors.ts';
import { LEASE, NAMESPACE } from '../names.ts';
import { isGone, ownIdentity } from './holder.ts';
import { marked } from './mark.ts';

/** The lock on the installation: only its holder changes anything in the cluster. */
export type Lock = Lease;

const WAIT_MS = 45_000;

export interface LockOptions {
  /** The installation's id. */
  readonly id: string;
  readonly signal: AbortSignal;
  readonly onWait?: ((holder: string) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Takes the lock, waiting for another installer that may have died. Throws INSTALLER_BUSY; its signal is aborted with
 * LOCK_LOST.
 */
export async function takeLock(
  client: Pick<KubeClient, 'get' | 'create' | 'replace'>,
  { id, signal, onWait, clock }: LockOptions,
): Promise<Lock> {
  return await takeLease(client, {
    name: LEASE,
    namespace: NAMESPACE,
    labels: marked(id),
    identity: ownIdentity(),
    isGone,
    signal,
    waitMs: WAIT_MS,
    onWait,
    clock,
    errorOf: (subject, detail) =>
      detail === undefined
        ? installerError('INSTALLER_BUSY', { subject })
        : installerError('LOCK_LOST', { subject, detail }),
  });
}
