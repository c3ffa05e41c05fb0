import type { LockedRelease } from '../../bundle/locked-release.ts';
import type { Store } from '../../content/store.ts';
import type { MemoryStore } from '../../content/stores/memory.ts';
import type { Seed } from '../address/seed.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { InstallContext } from '../install.ts';
import type { RenderedComponent } from '../ownership/foreign.ts';
import type { Journal } from '../record/journal.ts';

/** One step of an upgrade. Every phase may be cut off anywhere and run again, and so may its way back. */
export interface UpgradePhase {
  readonly id: string;
  readonly title: string;
  run(context: UpgradeContext, onProgress: (text: string) => void): Promise<void>;
  /** What going back is called, and does. Absent where nothing that runs was changed. */
  readonly back?: {
    readonly title: string;
    run(context: BackContext, onProgress: (text: string) => void): Promise<void>;
  };
}

export interface UpgradeContext extends InstallContext {
  readonly journal: Journal;
  /** Serves the new release and checkpoints from this workstation. */
  readonly seed: Seed;
  /** Where checkpoints are put for the seed to serve. */
  readonly checkpoints: MemoryStore;
  /** The release that runs. */
  readonly from: LockedRelease;
  /** What the nodes are to have before anything is changed, as they pull it. */
  readonly images: readonly string[];
  /** The nodes that are ready. */
  readonly nodes: readonly string[];
  readonly rendered: readonly RenderedComponent[];
}

/** All that going back needs: the cluster, and no stick. */
export interface BackContext
  extends Pick<InstallContext, 'client' | 'helm' | 'scratch' | 'random' | 'hashPassword' | 'signal'> {
  readonly journal: Journal;
  /** Absent when it goes back without the stick. */
  readonly seed?: Pick<Seed, 'endpoint'> | undefined;
  /** The release before, read from the registry in the cluster; asked for when it is needed. */
  readonly before: () => Promise<ReleaseSource>;
  readonly checkpoint: () => Promise<Checkpoint>;
  /** Components that were returned and are not healthy yet: what they need may be among what is put back afterwards. */
  readonly late: Set<string>;
  /** How long a component may take to become healthy, in milliseconds. */
  readonly healthMs: number;
}

export interface ReleaseSource {
  readonly release: LockedRelease;
  readonly store: Store;
}
