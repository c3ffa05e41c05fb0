import type { ComponentChange } from './component-changes.ts';
import { keepCheckpoint } from './phases/checkpoint.ts';
import { changeComponent } from './phases/component.ts';
import { imagesOfBoth } from './phases/images.ts';
import { prePull } from './phases/pre-pull.ts';
import { removeComponent } from './phases/removal.ts';
import { stageContent } from './phases/stage.ts';
import type { UpgradePhase } from './upgrade-phase.ts';

/** All phases of an upgrade: nothing that runs is changed before the checkpoint. */
export function upgradePhases(changes: readonly ComponentChange[]): UpgradePhase[] {
  return [
    stageContent,
    prePull,
    keepCheckpoint,
    imagesOfBoth,
    ...changes.filter(({ action }) => action !== 'keep').map(phaseOf),
  ];
}

function phaseOf(change: ComponentChange): UpgradePhase {
  return change.action === 'remove' ? removeComponent(change) : changeComponent(change);
}
