import { type SetField, touchesField } from '../../../apply/field-set.ts';
import {
  describeManager,
  isAppliedBy,
  type ManagedFields,
  managedFields,
} from '../../../apply/managed-fields.ts';
import type { KubeObject } from '../../../apply/object.ts';

export interface Culprit {
  /** As `kubectl-edit`, or `kubectl, subresource scale`. */
  readonly by: string;
  readonly at: string;
}

/**
 * Who set the fields that differ: the manager that owns them now, the latest of several. Nobody owns a field that was
 * taken away; then it is the manager that has changed something since all was well, if there is just that one.
 */
export function findCulprit(
  live: KubeObject,
  fields: readonly SetField[],
  { manager, cleanTime }: { manager: string; cleanTime: string | undefined },
): Culprit | undefined {
  const others = managedFields(live).filter((entry) => !isAppliedBy(manager)(entry));
  const owners = others.filter(({ fields: owned }) => fields.some((field) => touchesField(owned, field)));
  const since = others.filter(
    ({ time, subresource }) => isLater(time, cleanTime) && subresource !== 'status',
  );
  const suspects = owners.length > 0 ? owners : since.length === 1 ? since : [];
  const latest = suspects.toSorted((a, b) => a.time.localeCompare(b.time)).at(-1);
  return latest === undefined ? undefined : { by: describeManager(latest), at: latest.time };
}

/** When somebody else last changed the object, status aside; empty when nobody has. */
export function latestOther(live: KubeObject, manager: string): string {
  const others = managedFields(live).filter(
    (entry) => !isAppliedBy(manager)(entry) && entry.subresource !== 'status',
  );
  return (
    others
      .map(({ time }) => time)
      .toSorted()
      .at(-1) ?? ''
  );
}

function isLater(time: ManagedFields['time'], cleanTime: string | undefined): boolean {
  return cleanTime !== undefined && time > cleanTime;
}
