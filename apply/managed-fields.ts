import { type JsonObject, listAt, objectAt, textAt } from './json.ts';
import type { KubeObject } from './object.ts';

/** Who set which fields of an object, as the API server keeps it (meta/v1 ManagedFieldsEntry). */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** `status`, `scale`; empty where the object itself was written. */
  readonly subresource: string;
  /** When it last set or gave up a field, to the second. */
  readonly time: string;
  /** The set of fields in the form FieldsV1; see field-set.ts. */
  readonly fields: JsonObject;
}

/** The entries of an object; what has no manager or no fields is left out. */
export function managedFields(object: KubeObject | undefined): ManagedFields[] {
  return listAt(object, 'metadata', 'managedFields').flatMap((entry) => {
    const [manager, fields] = [textAt(entry, 'manager'), objectAt(entry, 'fieldsV1')];
    if (manager === undefined || fields === undefined) return [];
    const operation = textAt(entry, 'operation') === 'Apply' ? 'Apply' : 'Update';
    const subresource = textAt(entry, 'subresource') ?? '';
    return [{ manager, operation, subresource, time: textAt(entry, 'time') ?? '', fields }];
  });
}

/** Whether an entry is what a manager owns by server-side apply. */
export function isAppliedBy(manager: string): (entry: ManagedFields) => boolean {
  return (entry) => entry.manager === manager && entry.operation === 'Apply' && entry.subresource === '';
}

/** `kubectl-edit`, or `kube-controller-manager, subresource scale`, as conflicts have it. */
export function describeManager({ manager, subresource }: ManagedFields): string {
  return subresource === '' ? manager : `${manager}, subresource ${subresource}`;
}
