import type { KubeClient } from '../../apply/client/client.ts';
import type { Helm } from '../../apply/helm/helm.ts';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import type { Seed } from '../address/seed.ts';
import type { InstallContext } from '../install.ts';
import type { RenderedComponent } from '../ownership/foreign.ts';
import type { Installation } from '../record/installation.ts';
import type { Journal } from '../record/journal.ts';

/** One step of an installation. Every phase may be cut off anywhere and run again. */
export interface Phase {
  readonly id: string;
  /** What it will do, given what earlier runs have done. */
  plan(input: PhasePlanInput): PlannedPhase;
  /** Does it; what is as it should be already stays untouched. */
  run(context: PhaseContext, onProgress: (text: string) => void): Promise<void>;
  /**
   * Begins what can be begun while the phase before it runs, which is what `before` tells the end of; takes it back when
   * that one fails. `run` takes up what it finds, and does the rest.
   */
  ahead?(context: PhaseContext, before: Promise<void>): Promise<void>;
  /** Takes away what it made, by name. */
  undo(context: UndoContext, onProgress: (text: string) => void): Promise<void>;
}

export interface PlannedPhase {
  readonly title: string;
  /** `done` phases are skipped. */
  readonly state: 'run' | 'done';
}

export interface PhasePlanInput {
  readonly release: LockedRelease;
  /** Bytes of content in the bundle. */
  readonly bytes: number;
  /** Ids of the phases that an earlier run of this release has finished. */
  readonly done: ReadonlySet<string>;
  /** Ids of finished phases whose things are not as they should be any more. */
  readonly mend: ReadonlySet<string>;
}

export interface PhaseContext extends InstallContext {
  readonly journal: Journal;
  readonly seed: Seed;
  /** The components that are to be applied, as they render without asking the cluster. */
  readonly rendered: readonly RenderedComponent[];
}

export interface UndoContext {
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly installation: Installation;
  readonly signal: AbortSignal;
}
