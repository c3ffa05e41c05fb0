/** What the upgrade takes from this room. */
export type { Checkpoint, CheckpointHead } from './checkpoint-head.ts';
export { ensureCheckpointKey } from './checkpoint-key.ts';
export { compareWithCheckpoint, type Difference } from './compare.ts';
export { openCheckpoint } from './open-checkpoint.ts';
export { type PackedCheckpoint, packCheckpoint } from './pack-checkpoint.ts';
export { restoreCrds } from './restore-crds.ts';
export { type RestoredObject, restoreLostSettings, restoreObjects } from './restore-objects.ts';
export { type CheckpointedComponent, takeCheckpoint } from './take-checkpoint.ts';
