import type { KubeObject } from '../../apply/object.ts';
import type { Contents } from '../rehearsal/contents.ts';
import type { EndState } from '../rehearsal/end-state.ts';
import type { Operator } from '../rehearsal/operator.ts';
import type { ReleasePair } from '../rehearsal/release-pair.ts';
import type { Station } from '../rehearsal/station.ts';
import type { Trial } from './expand.ts';

/** All that a drill works with. */
export interface DrillContext {
  readonly pair: ReleasePair;
  readonly operator: Operator;
  /** Where runs begin, and where somebody goes on with them. */
  readonly stations: { readonly first: Station; readonly second: Station };
  /** Objects that a site would have made. */
  readonly objects: readonly KubeObject[];
  /** A folder of which the caller takes care. */
  readonly scratch: string;
  readonly nodeCommand: string | undefined;
  /** How long one run of the program may take, and a cluster until it is healthy. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/** What each release has in the cluster when nothing was disturbed. */
export interface KnownContents {
  readonly old: Contents;
  readonly new: Contents;
}

/** How a trial went. */
export interface TrialResult {
  readonly id: string;
  readonly what: string;
  readonly run: Trial['run'];
  readonly expected: Trial['expected'];
  readonly verdict: 'held' | 'failed' | 'not-reached' | 'cannot';
  readonly end: EndState['at'] | undefined;
  readonly healthy: boolean;
  /** Runs that it took until the end. */
  readonly runs: number;
  /** Codes of errors on the way. */
  readonly codes: readonly string[];
  readonly seconds: number;
  readonly detail: string;
}
