import type { LockedRelease, ReleaseAddress } from '../../bundle/locked-release.ts';
import { phasesOf } from '../phases/phases.ts';
import type { CheckpointAddress, Installation, UpgradeRecord } from '../record/installation.ts';
import type { ComponentChange } from './component-changes.ts';

export interface Begin {
  readonly id: string;
  readonly to: Installation['release'];
  readonly key: Installation['key'];
  readonly startedAt: string;
  readonly phases: readonly string[];
  readonly components: readonly ComponentChange[];
}

/** The record of an installation from which an upgrade begins. */
export function begun(found: Installation, { phases, components, ...begin }: Begin): Installation {
  const upgrade: UpgradeRecord = {
    ...begin,
    from: found.release,
    direction: 'forward',
    phases: phases.map((id) => ({ id, state: 'waiting' })),
    components: [...components],
  };
  return { ...found, state: 'upgrading', upgrade };
}

/** With the words for what belongs to somebody else and is taken over: neither going back nor uninstalling deletes that. */
export function adopting(found: Installation, words: readonly string[]): Installation {
  return { ...found, adopted: [...new Set([...found.adopted, ...words])].sort() };
}

/** Something that runs may have been changed; before that there is nothing to take back. */
export function hasChanged({ phases }: Pick<UpgradeRecord, 'phases'>): boolean {
  return phases.some(({ id, state }) => id === FIRST_CHANGE && state !== 'waiting');
}

/** The phase from which on what runs is changed. */
const FIRST_CHANGE = 'images';

/** The checkpoint is kept: from now on there is something to go back to. */
export function checkpointed(found: Installation, checkpoint: CheckpointAddress): Installation {
  return { ...found, upgrade: { ...upgradeOf(found), checkpoint } };
}

/** From now on it goes back, whatever happens. */
export function turnedBack(
  found: Installation,
  reason: NonNullable<UpgradeRecord['reason']> | undefined,
): Installation {
  const upgrade = upgradeOf(found);
  const why = upgrade.reason ?? reason;
  return {
    ...found,
    state: 'rolling-back',
    upgrade: { ...upgrade, direction: 'back', ...(why === undefined ? {} : { reason: why }) },
  };
}

/**
 * An upgrade that nobody wants any more. Before anything was changed there is nothing to put back: what users have done since
 * the checkpoint stays.
 */
export function abandoned(found: Installation, reason: NonNullable<UpgradeRecord['reason']>): Installation {
  const upgrade = upgradeOf(found);
  if (upgrade.direction === 'back' || hasChanged(upgrade)) return turnedBack(found, reason);
  const { checkpoint: _, ...rest } = upgrade;
  return turnedBack({ ...found, upgrade: rest }, reason);
}

/** A definition of the new release that stays when it is taken back is the first component's from then on. */
export function keepingCrd(found: Installation, crd: string): Installation {
  return {
    ...found,
    components: found.components.map((component, index) =>
      index === 0 ? { ...component, crds: [...new Set([...component.crds, crd])].sort() } : component,
    ),
  };
}

/** As if nothing had begun, or all was taken back. */
export function returned(found: Installation): Installation {
  const { upgrade: _, ...installation } = found;
  return { ...installation, state: 'installed' };
}

/** The record of an installation of the new release, with the one before to go back to. */
export function committed(found: Installation, phases: readonly string[], now: string): Installation {
  const { upgrade, ...before } = { ...found, upgrade: upgradeOf(found) };
  const { checkpoint, components, to, key } = upgrade;
  if (checkpoint === undefined) throw new Error('an upgrade without a checkpoint is not committed');
  const done = new Map([...before.phases, ...upgrade.phases].map((phase) => [phase.id, phase]));
  return {
    ...before,
    state: 'installed',
    release: to,
    key,
    phases: phases.map((id) => ({ ...done.get(id), id, state: 'done', error: undefined })),
    components: componentsAfter(components),
    previous: {
      release: before.release,
      key: before.key,
      components: before.components.map((component) => {
        const revision = components.find(({ name }) => name === component.name)?.revision;
        return { ...component, ...(revision === undefined ? {} : { revision }) };
      }),
      checkpoint,
      upgradedAt: now,
    },
  };
}

/** Definitions of components that went stay, with what is made of them: they are the first component's from then on. */
function componentsAfter(changes: readonly ComponentChange[]): Installation['components'] {
  const left = changes.filter(({ action }) => action === 'remove').flatMap(({ crds }) => crds);
  return changes
    .filter(({ action }) => action !== 'remove')
    .map(({ name, namespace, crds, health }, index) => ({
      ...{ name, namespace, health },
      crds: index === 0 ? [...new Set([...crds, ...left])].sort() : crds,
    }));
}

export interface Return {
  readonly id: string;
  readonly startedAt: string;
  /** What each component of both releases has to go through. */
  readonly components: readonly ComponentChange[];
  readonly phases: readonly string[];
}

/** The record of an upgrade that was finished and is taken back: that of the release before, on its way. */
export function returning(found: Installation, { phases, components, ...begin }: Return): Installation {
  const { previous, ...now } = found;
  if (previous === undefined) throw new Error('nothing to return to');
  return {
    ...now,
    state: 'rolling-back',
    release: previous.release,
    key: previous.key,
    phases: phasesOf({
      ...previous.release,
      registry: { component: registryIn(found) },
      components: previous.components,
    }).map(({ id }) => found.phases.find((phase) => phase.id === id) ?? { id, state: 'done' }),
    components: previous.components.map(({ revision: _, ...component }) => component),
    upgrade: {
      ...begin,
      from: previous.release,
      to: found.release,
      key: found.key,
      direction: 'back',
      checkpoint: previous.checkpoint,
      phases: phases.map((id) => ({ id, state: 'done' })),
      components: [...components],
    },
  };
}

/** The registry is the first component that a record tells of. */
export function registryIn({ phases }: Pick<Installation, 'phases'>): string {
  return phases.find(({ id }) => id.startsWith('component-'))?.id.slice('component-'.length) ?? '';
}

export function upgradeOf({ upgrade }: Installation): UpgradeRecord {
  if (upgrade === undefined) throw new Error('no upgrade is under way');
  return upgrade;
}

/** How a release is named in the record. */
export function releaseNameOf(release: LockedRelease, { digest }: ReleaseAddress): Installation['release'] {
  return { name: release.name, version: release.version, digest };
}
