import type { LockedRelease } from '../bundle/locked-release.ts';
import type { Digest } from '../content/digest.ts';
import type { Phase, PlannedPhase } from './phases/phase.ts';
import { phasesOf } from './phases/phases.ts';
import type { Installation } from './record/installation.ts';

export interface PlanStep extends PlannedPhase {
  readonly phase: Phase;
}

export interface PlanInput {
  readonly release: LockedRelease;
  readonly digest: Digest;
  /** Bytes of content in the bundle. */
  readonly bytes: number;
  readonly found: Installation | undefined;
  /** Ids of finished phases whose things are not as they should be any more. */
  readonly mend?: ReadonlySet<string> | undefined;
}

/** What an installation will do, in order, given what an earlier run has done. */
export function planInstall({ release, digest, bytes, found, mend = new Set() }: PlanInput): PlanStep[] {
  const done = new Set(found?.release.digest === digest ? donePhases(found) : []);
  return phasesOf(release).map((phase) => ({ phase, ...phase.plan({ release, bytes, done, mend }) }));
}

// An uninstallation that was cut off has taken away nobody knows how much.
function donePhases({ state, phases }: Installation): string[] {
  return state === 'uninstalling' ? [] : phases.filter((phase) => phase.state === 'done').map(({ id }) => id);
}
