import type { RegistryProcess } from '../registry-process.ts';

/** A registry that takes part. */
export interface Contestant {
  readonly name: ContestantName;
  readonly registry: RegistryProcess;
  /** Where it keeps everything. */
  readonly folder: string;
  /** Ends whatever its clients do. */
  readonly signal: AbortSignal;
}

/** Distribution is what Skerry is compared with. */
export type ContestantName = 'distribution' | 'skerry';
