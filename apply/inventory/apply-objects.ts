import { isDeepStrictEqual } from 'node:util';
import { isSkerryError } from '../../content/error.ts';
import type { KubeClient } from '../client/client.ts';
import { textAt } from '../json.ts';
import { describeObject, groupOf, idOf, type KubeObject } from '../object.ts';
import { waitEstablished } from './crds.ts';
import { type InventoryName, recordInInventory } from './inventory.ts';
import { inApplyOrder } from './kind-order.ts';

export interface ApplyInput {
  readonly client: KubeClient;
  readonly objects: readonly KubeObject[];
  readonly inventory: InventoryName;
  /** For objects of namespaced kinds that name none; `default` when absent. */
  readonly namespace?: string | undefined;
  /** Takes over fields that belong to other managers. */
  readonly force?: boolean | undefined;
  /** The server checks everything, nothing is kept. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onApplied?: ((applied: Applied) => void) | undefined;
}

export interface Applied {
  readonly object: KubeObject;
  readonly action: 'created' | 'configured' | 'unchanged';
}

/**
 * Server-side apply of objects in the order in which they need each other, CRDs established before anything uses
 * them. What is going to be applied is written into the inventory first, so that nothing applied is ever unknown.
 * Nothing is deleted because it is absent: see deleteObjects. Throws APPLY_CONFLICT, OBJECT_INVALID, OBJECT_REFUSED,
 * KIND_UNKNOWN, NAMESPACE_NOT_FOUND, CRD_NOT_ESTABLISHED and what every call to a cluster may throw.
 */
export async function applyObjects(input: ApplyInput): Promise<Applied[]> {
  const ordered = inApplyOrder(input.objects);
  const bases = ordered.filter(isBase);
  const rest = ordered.filter((object) => !isBase(object));
  const home = bases.filter(
    ({ kind, metadata }) => kind === 'Namespace' && metadata.name === input.inventory.namespace,
  );

  const applied: Applied[] = [];
  applied.push(...(await applyAll(input, home)));
  await record(input, bases);
  applied.push(
    ...(await applyAll(
      input,
      bases.filter((object) => !home.includes(object)),
    )),
  );
  await waitForCrds(input, bases);
  const placed = await placeAll(input, rest, bases);
  await record(input, placed);
  applied.push(...(await applyAll(input, placed, bases)));
  return applied;
}

// Cluster-wide, and needed before the others can even be asked about.
function isBase({ kind, apiVersion }: KubeObject): boolean {
  return (kind === 'Namespace' && apiVersion === 'v1') || isCrd({ kind, apiVersion });
}

function isCrd({ kind, apiVersion }: Pick<KubeObject, 'kind' | 'apiVersion'>): boolean {
  return kind === 'CustomResourceDefinition' && groupOf(apiVersion) === 'apiextensions.k8s.io';
}

async function record(
  { client, inventory, dryRun, signal }: ApplyInput,
  objects: readonly KubeObject[],
): Promise<void> {
  if (dryRun === true || objects.length === 0) return;
  await recordInInventory(client, inventory, objects.map(idOf), { signal });
}

async function waitForCrds(
  { client, dryRun, signal }: ApplyInput,
  bases: readonly KubeObject[],
): Promise<void> {
  if (dryRun !== true) await waitEstablished({ client, crds: bases.filter(isCrd), signal });
}

async function placeAll(
  input: ApplyInput,
  objects: readonly KubeObject[],
  bases: readonly KubeObject[],
): Promise<KubeObject[]> {
  const placed: KubeObject[] = [];
  for (const object of objects) placed.push(await place(input, object, bases));
  return placed;
}

/** The object with its namespace written down, or without one where the kind has none. */
async function place(
  { client, namespace = 'default', dryRun, signal }: ApplyInput,
  object: KubeObject,
  bases: readonly KubeObject[],
) {
  const fromCrd = dryRun === true ? scopeIn(bases, object) : undefined;
  const namespaced =
    fromCrd ?? (await client.resource(object.apiVersion, object.kind, { signal })).namespaced;
  if (!namespaced) return withNamespace(object, undefined);
  return object.metadata.namespace === undefined ? withNamespace(object, namespace) : object;
}

function withNamespace(object: KubeObject, namespace: string | undefined): KubeObject {
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata: namespace === undefined ? metadata : { ...metadata, namespace } };
}

// In a dry run the cluster doesn't know kinds whose CRD is only about to come.
function scopeIn(bases: readonly KubeObject[], { apiVersion, kind }: KubeObject): boolean | undefined {
  const crd = bases.find(
    (base) =>
      textAt(base, 'spec', 'group') === groupOf(apiVersion) && textAt(base, 'spec', 'names', 'kind') === kind,
  );
  return crd === undefined ? undefined : textAt(crd, 'spec', 'scope') === 'Namespaced';
}

async function applyAll(
  input: ApplyInput,
  objects: readonly KubeObject[],
  bases: readonly KubeObject[] = [],
): Promise<Applied[]> {
  const applied: Applied[] = [];
  for (const object of objects) {
    const one = await applyOne(input, object, bases);
    input.onApplied?.(one);
    applied.push(one);
  }
  return applied;
}

async function applyOne(
  input: ApplyInput,
  object: KubeObject,
  bases: readonly KubeObject[],
): Promise<Applied> {
  const { client, dryRun, signal } = input;
  // CRDs that another installer brought are taken over: two owners of one CRD would each undo the other's upgrade.
  const force = input.force ?? isCrd(object);
  try {
    const before = await client.get(object, { signal });
    const after = await client.apply(object, { force, dryRun, signal });
    return {
      object: after,
      action: before === undefined ? 'created' : isSame(before, after) ? 'unchanged' : 'configured',
    };
  } catch (error) {
    if (dryRun === true && comesWith(error, object, bases)) return { object, action: 'created' };
    throw error;
  }
}

// What a dry run can't ask the server about: an object whose namespace or CRD would be made just before it.
function comesWith(error: unknown, object: KubeObject, bases: readonly KubeObject[]): boolean {
  if (isSkerryError(error, 'KIND_UNKNOWN')) return scopeIn(bases, object) !== undefined;
  if (!isSkerryError(error, 'NAMESPACE_NOT_FOUND')) return false;
  return bases.some(
    ({ kind, metadata }) => kind === 'Namespace' && metadata.name === object.metadata.namespace,
  );
}

// An apply that changes nothing keeps the resourceVersion. Where a controller wrote the status in between, the rest tells.
function isSame(before: KubeObject, after: KubeObject): boolean {
  if (before.metadata.resourceVersion === after.metadata.resourceVersion) return true;
  return isDeepStrictEqual(substance(before), substance(after));
}

function substance(object: KubeObject): unknown {
  const { status: _, metadata, ...rest } = object;
  const { resourceVersion: __, managedFields: ___, generation: ____, ...meta } = metadata;
  return { ...rest, metadata: meta };
}

/** `Deployment.apps default/web created`, for people. */
export function describeApplied({ object, action }: Applied): string {
  return `${describeObject(object)} ${action}`;
}
