import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { FieldConflict, KubeClient } from '../client/client.ts';
import { applyError } from '../errors.ts';
import { withoutField } from '../field-path.ts';
import { leafFields } from '../field-set.ts';
import { managedFields } from '../managed-fields.ts';
import { describeObject, groupOf, type KubeObject } from '../object.ts';
import type { ComponentName } from './component.ts';
import { isHook } from './hook.ts';
import { ownKinds } from './own-kinds.ts';
import { placed } from './place.ts';
import { asOwnedByHelm } from './render.ts';

/**
 * What happens to fields that somebody else has set since: nothing at all is applied, they are left as they are, or they
 * get what the release says.
 */
export type ConflictPolicy = 'stop' | 'keep' | 'take';

export interface OwnedField extends FieldConflict {
  /** `Deployment.apps default/web`. */
  readonly object: string;
}

export interface Owners {
  /** As they may be applied: fields that stay with others are left out. */
  readonly objects: readonly KubeObject[];
  /** What others have, the number of replicas aside that a scaler sets. */
  readonly conflicts: readonly OwnedField[];
}

export interface OwnersInput {
  readonly client: Pick<KubeClient, 'get' | 'resource' | 'conflicts'>;
  readonly signal: AbortSignal;
  /** About to be applied before the objects. */
  readonly crds?: readonly KubeObject[] | undefined;
}

/** The name under which Helm 4 owns fields, whatever its program file is called. */
const HELM = 'helm';
const WIDTH = 8;
/** Leaving one field out doesn't bring another conflict, but for odd schemas. */
const MOST_ROUNDS = 5;

/**
 * Asks the API server, in a dry run, what an apply by Helm would meet. The number of replicas is left to whoever sets
 * it through the subresource `scale`: an autoscaler, or `kubectl scale`. Changes nothing.
 * Throws APPLY_CONFLICT under `stop`, and OBJECT_INVALID for what the API server would refuse.
 */
export async function settleOwners(
  input: OwnersInput,
  component: ComponentName,
  objects: readonly KubeObject[],
  policy: ConflictPolicy,
): Promise<Owners> {
  const found = await findOwners(input, component, objects, policy);
  const error = policy === 'stop' ? conflictError(component.name, found.conflicts) : undefined;
  if (error !== undefined) throw error;
  return found;
}

/** As settleOwners, but conflicts are only found. */
export async function findOwners(
  input: OwnersInput,
  component: ComponentName,
  objects: readonly KubeObject[],
  policy: ConflictPolicy,
): Promise<Owners> {
  const looked = await mapLimited(objects, WIDTH, async (object) =>
    hasNoName(object) ? { object, conflicts: [] } : await lookAt(input, component, object, policy),
  );
  return {
    objects: looked.map(({ object }) => object),
    conflicts: looked.flatMap(({ conflicts }) => conflicts),
  };
}

// Each apply of an object with a generateName makes another one.
function hasNoName({ metadata }: KubeObject): boolean {
  return metadata.generateName === metadata.name;
}

/** What to say about conflicts under `stop`; undefined where there are none. */
export function conflictError(subject: string, conflicts: readonly OwnedField[]): SkerryError | undefined {
  if (conflicts.length === 0) return undefined;
  const fields = conflicts.map(({ object, field, manager }) => `${object} ${field} belongs to ${manager}`);
  return applyError('APPLY_CONFLICT', { subject, detail: fields.join('; ') });
}

interface Looked {
  readonly object: KubeObject;
  readonly conflicts: readonly OwnedField[];
}

async function lookAt(
  input: OwnersInput,
  component: ComponentName,
  object: KubeObject,
  policy: ConflictPolicy,
): Promise<Looked> {
  const { client, signal } = input;
  const place = (candidate: KubeObject) => placed(client, candidate, component.namespace, { signal });
  try {
    const existing = await client.get(await place(object), { signal });
    // A hook that is there will be removed before.
    if (isHook(object) && existing !== undefined) return { object, conflicts: [] };
    let left = scaledFields(existing).reduce((rest, field) => withoutField(rest, field), object);
    const met: FieldConflict[] = [];
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const applied = asOwnedByHelm(await place(left), component);
      const conflicts = (await client.conflicts(applied, { fieldManager: HELM, signal })).filter(
        // Fields of an older Helm, which it takes over itself.
        ({ manager }) => manager !== HELM,
      );
      met.push(...conflicts.filter(({ field }) => !met.some((known) => known.field === field)));
      if (conflicts.length === 0 || policy !== 'keep') break;
      left = conflicts.reduce((rest, { field }) => withoutField(rest, field), left);
    }
    return {
      object: left,
      conflicts: met.map((conflict) => ({ object: describeObject(object), ...conflict })),
    };
  } catch (error) {
    if (isSkerryError(error) && isNotTold(error.code, object, input.crds)) return { object, conflicts: [] };
    throw error;
  }
}

/** A kind or namespace that is about to come, or admission that knows no dry run: then the apply itself will tell. */
const NOT_TOLD_BY_DRY_RUN = new Set([
  'KIND_UNKNOWN',
  'NAMESPACE_NOT_FOUND',
  'OBJECT_REFUSED',
  'OBJECT_CHANGED',
  'CLUSTER_ERROR',
]);

// What a CRD of before refuses, the one that comes with the chart may take.
function isNotTold(
  code: string,
  { apiVersion, kind }: KubeObject,
  crds: readonly KubeObject[] = [],
): boolean {
  if (NOT_TOLD_BY_DRY_RUN.has(code)) return true;
  if (code !== 'OBJECT_INVALID') return false;
  return crds.flatMap(ownKinds).some((own) => own.kind === kind && own.group === groupOf(apiVersion));
}

/** Fields that were set through the subresource `scale`: `.spec.replicas`, or what a custom resource has for it. */
function scaledFields(existing: KubeObject | undefined): string[] {
  return managedFields(existing)
    .filter(({ subresource }) => subresource === 'scale')
    .flatMap(({ fields }) => leafFields(fields))
    .filter((field) => field.startsWith('.spec.'));
}
