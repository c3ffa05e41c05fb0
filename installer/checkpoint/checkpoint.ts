/** What the upgrade takes from this room. */
export type { Checkpoint } from './checkpoint-head.ts';
export { ensureCheckpointKey } from './checkpoint-key.ts';
export { compareWithCheckpoint, type Difference } from './compare.ts';
export { openCheckpoint } from './open-checkpoint.ts';
export { packCheckpoint } from './pack-checkpoint.ts';
export { restoreCrds } from './restore-crds.ts';
export { restoreLostSettings, restoreObjects } from './restore-objects.ts';
export { takeCheckpoint } from './take-checkpoint.ts';
