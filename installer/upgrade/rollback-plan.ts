import type { KubeClient } from '../../apply/client/client.ts';
import { readRecords } from '../../apply/helm/helm-release.ts';
import { installerError } from '../errors.ts';
import type { Installation, StoredInstallation } from '../record/installation.ts';
import { readInstallation } from '../record/installation.ts';
import type { ComponentChange } from './component-changes.ts';
import { backPhases } from './go-back.ts';
import { abandoned, returning, upgradeOf } from './record-changes.ts';
import { requireCheckpoint } from './require-checkpoint.ts';
import { upgradePhases } from './upgrade-phases.ts';

export interface RollbackPlan {
  readonly stored: StoredInstallation;
  /** As the record will be once it goes back. */
  readonly record: Installation;
  readonly steps: readonly { readonly id: string; readonly title: string }[];
}

export interface RollbackInput {
  readonly client: KubeClient;
  readonly random: () => string;
  readonly now?: (() => Date) | undefined;
  readonly signal: AbortSignal;
}

/**
 * What going back would do: from an upgrade that is under way, or from the last one that was finished. Changes nothing.
 * Throws NOT_INSTALLED, NOTHING_TO_ROLL_BACK; and, where it does not go back yet, what reading the checkpoint throws: once
 * the record says that it goes back, there is no other way any more.
 */
export async function planRollback(input: RollbackInput): Promise<RollbackPlan> {
  const { client, signal } = input;
  const stored = await readInstallation(client, { signal });
  if (stored === undefined) throw installerError('NOT_INSTALLED', { subject: client.server });
  const record = await goingBack(input, stored.installation);
  const { phases, components, checkpoint } = upgradeOf(record);
  const undone = backPhases(phases, upgradePhases(components));
  if (stored.installation.upgrade?.direction !== 'back') await requireCheckpoint(client, record, signal);
  return {
    stored,
    record,
    steps: [
      ...undone.map(({ id, back }) => ({ id: `back-${id}`, title: back?.title ?? id })),
      ...(checkpoint === undefined
        ? []
        : [
            { id: 'restore', title: 'Put objects and settings back to the checkpoint' },
            { id: 'health', title: 'Wait until everything is healthy again' },
            { id: 'compare', title: 'Compare everything with the checkpoint' },
          ]),
    ],
  };
}

/** Throws PLAN_CHANGED where another workstation has brought the cluster to where going back leads to another release. */
export function requireSameWay(planned: RollbackPlan, now: RollbackPlan): void {
  const [before, after] = [upgradeOf(planned.record), upgradeOf(now.record)];
  if (before.from.digest === after.from.digest && before.to.digest === after.to.digest) return;
  throw installerError('PLAN_CHANGED', {
    subject: `${before.to.version} to ${before.from.version}`,
    detail: `it would go from ${after.to.version} to ${after.from.version} by now`,
  });
}

async function goingBack(input: RollbackInput, found: Installation): Promise<Installation> {
  const { client, random, now = () => new Date() } = input;
  const { upgrade, previous, state, release } = found;
  if (upgrade !== undefined && state !== 'uninstalling') return abandoned(found, BY_WORD);
  if (state !== 'installed' || previous === undefined)
    throw installerError('NOTHING_TO_ROLL_BACK', {
      subject: `${release.name} ${release.version}`,
      detail: state === 'installed' ? 'no release before it is remembered' : `it is ${state}`,
    });
  const components = await changesBack({ ...input, client }, found, previous);
  return returning(found, {
    id: random(),
    startedAt: now().toISOString(),
    components,
    phases: upgradePhases(components).map(({ id }) => id),
  });
}

const BY_WORD = { code: 'ROLLBACK', message: 'An operator asked for it.' };

/** As the upgrade that is taken back would tell of them. */
async function changesBack(
  { client, signal }: RollbackInput,
  found: Installation,
  previous: NonNullable<Installation['previous']>,
): Promise<ComponentChange[]> {
  const before = new Map(previous.components.map((component) => [component.name, component]));
  const now = new Set(found.components.map(({ name }) => name));
  const there = await Promise.all(
    found.components.map(async (component): Promise<ComponentChange> => {
      const old = before.get(component.name);
      if (old === undefined) return { ...component, action: 'install' };
      const latest = (await readRecords(client, component, { signal })).at(-1);
      const isSame = latest?.revision === old.revision && latest?.status === 'deployed';
      const crds = [...new Set([...old.crds, ...component.crds])].sort();
      return { ...old, crds, action: isSame ? 'keep' : 'upgrade' };
    }),
  );
  const gone = previous.components
    .filter(({ name }) => !now.has(name))
    .map((component): ComponentChange => ({ ...component, action: 'remove' }));
  return [...there, ...gone];
}
