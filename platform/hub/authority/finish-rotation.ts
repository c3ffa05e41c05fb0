import type { Clock } from '../../../apply/clock.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { Authority } from './authority.ts';
import { isRotating, latestOf } from './rotation.ts';

export interface FinishOptions {
  readonly authority: Pick<Authority, 'set' | 'isEnding' | 'end'>;
  readonly acknowledgements: Pick<Acknowledgements, 'read'>;
  /** Takes what is in the Secret to all that use it here. */
  readonly refresh: () => Promise<void>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  /** Told when the next authority has taken the place of the one before. */
  readonly onFinished: () => void;
  readonly signal: AbortSignal;
  readonly everyMs?: number | undefined;
}

const EVERY_MS = 3_600_000;

/** Looks again and again whether an authority that nears its end can go. Only the leader may. */
export async function finishRotations(options: FinishOptions): Promise<void> {
  const { clock, onError, signal, everyMs = EVERY_MS } = options;
  while (!signal.aborted) {
    await finishRotation(options).catch((error) => {
      if (!signal.aborted) onError(error);
    });
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}

/**
 * Uses the next authority alone once every agent knows it, where the one in use nears its end; a rotation that somebody
 * began before that is theirs to end. An agent that does not know it yet keeps the old one trusted.
 */
export async function finishRotation(options: FinishOptions): Promise<boolean> {
  const { authority, acknowledgements, refresh, onFinished, signal } = options;
  await refresh();
  const { set } = authority;
  if (!isRotating(set) || !authority.isEnding) return false;
  const latest = latestOf(set);
  const { total, acknowledged } = await acknowledgements.read(latest, signal);
  if (acknowledged < total) return false;
  await authority.end(latest);
  await refresh();
  onFinished();
  return true;
}
