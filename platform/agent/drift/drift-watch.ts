import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { DriftItem } from '../../api/cluster-status.ts';
import type { DriftPolicy } from '../../api/drift-policy.ts';

/** What one layer has in the cluster. Several may have the same name, as one for its CRDs with a manager of their own. */
export interface DriftLayer {
  readonly name: string;
  /** Made again, where it is gone, before an object is put back into it. */
  readonly namespace: string;
  /** As they were applied, hooks left out, with Helm's marks of ownership where Helm did it: see releaseObjects. */
  readonly objects: readonly KubeObject[];
  /** Whose name the applied fields have in `managedFields`: `helm` for what Helm applied. */
  readonly fieldManager: string;
  readonly policy: DriftPolicy;
}

export interface DriftWatchInput {
  readonly client: KubeClient;
  readonly layers: readonly DriftLayer[];
  readonly clock: Clock;
  /** The time of day, for items; the machine's when absent. */
  readonly now?: (() => Date) | undefined;
  readonly signal: AbortSignal;
  /** Called with all items whenever one of them changes. */
  readonly onChange: (items: readonly DriftItem[]) => void;
  /** Told what nobody has foreseen, for a log; the watch goes on. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

export interface DriftWatch {
  /** What holds from now on. An object that stays as it was keeps its items. */
  update(layers: readonly DriftLayer[]): void;
  /**
   * While layers are being applied: nothing is verified or put back; what changed is looked at afterwards. Resolves when
   * nothing is being written any more: what is put back late would be of the version before.
   */
  paused(isPaused: boolean): Promise<void>;
  /** Open ones first, then the latest that were corrected. */
  now(): readonly DriftItem[];
  /** Kinds that can't be watched or objects that can't be verified right now, and why. */
  problems(): readonly DriftProblem[];
  /** Settles when no change that was seen waits to be looked at any more. */
  settled(): Promise<void>;
  /** Resolves when all work has ended after the signal was aborted. */
  readonly closed: Promise<void>;
}

export interface DriftProblem {
  readonly subject: string;
  readonly code: string;
}
