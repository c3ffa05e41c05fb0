import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { type FieldChange, fieldChanges, withoutValues } from '../field-changes.ts';
import { readRecords } from '../helm/helm-release.ts';
import { imageMapOf } from '../images/image-map.ts';
import { rewriteImages } from '../images/rewrite-images.ts';
import { describeObject, type KubeObject } from '../object.ts';
import type { Component, Engine } from './component.ts';
import { droppedObjects } from './dropped.ts';
import { isHook } from './hook.ts';
import { findOwners, type OwnedField } from './owners.ts';
import { placedIfServed } from './place.ts';
import { asOwnedByHelm, renderComponent } from './render.ts';

export interface ObjectChange {
  /** `Deployment.apps default/web`. */
  readonly object: string;
  readonly action: 'create' | 'change' | 'delete';
  /** What is different in an object that is there and stays. */
  readonly fields: readonly FieldChange[];
}

export interface ComponentDiff {
  readonly changes: readonly ObjectChange[];
  readonly conflicts: readonly OwnedField[];
}

const WIDTH = 8;

/**
 * What installing or upgrading a component would change, by a dry run of the API server against what is there now:
 * defaults, admission and other owners' fields count as they would in earnest. Hooks are left out. Changes nothing.
 */
export async function diffComponent(engine: Engine, component: Component): Promise<ComponentDiff> {
  const { client, signal } = engine;
  const records = await readRecords(client, component, { signal });
  const { objects, crds } = await renderComponent(engine, component, records);
  const rewritten = rewriteImages(objects, imageMapOf(Object.fromEntries(component.images)));
  const owners = await findOwners({ client, signal, crds }, component, rewritten, 'stop');
  const placedObjects = await mapLimited(
    [...crds, ...owners.objects.filter((object) => !isHook(object))],
    WIDTH,
    (object) => place(engine, component, object),
  );
  const changes = await mapLimited(placedObjects, WIDTH, (object) => changeOf(engine, object));
  const dropped = await droppedObjects(engine, component, records, placedObjects);
  const gone = dropped.map((object) => ({
    object: describeObject(object),
    action: 'delete' as const,
    fields: [],
  }));
  return { changes: [...changes.flat(), ...gone], conflicts: owners.conflicts };
}

// A kind that the chart is about to bring isn't served yet; nothing of it can be there.
async function place(
  { client, signal }: Engine,
  component: Component,
  object: KubeObject,
): Promise<KubeObject> {
  return asOwnedByHelm(await placedIfServed(client, object, component.namespace, { signal }), component);
}

async function changeOf({ client, signal }: Engine, object: KubeObject): Promise<ObjectChange[]> {
  const name = describeObject(object);
  const created: ObjectChange = { object: name, action: 'create', fields: [] };
  try {
    const before = await client.get(object, { signal });
    if (before === undefined) return [created];
    const options = { dryRun: true, force: true, fieldManager: 'helm', signal } as const;
    const after = await client.apply(object, { ...options, fieldValidation: 'Ignore' });
    const hidden = object.kind === 'Secret' && object.apiVersion === 'v1';
    const fields = fieldChanges(substance(before), substance(after)).map((change) =>
      hidden ? withoutValues(change) : change,
    );
    return fields.length === 0 ? [] : [{ object: name, action: 'change', fields }];
  } catch (error) {
    if (isSkerryError(error, 'KIND_UNKNOWN') || isSkerryError(error, 'NAMESPACE_NOT_FOUND')) return [created];
    throw error;
  }
}

function substance(object: KubeObject): unknown {
  const { status: _, metadata, ...rest } = object;
  const { resourceVersion: __, managedFields: ___, generation: ____, ...meta } = metadata;
  return { ...rest, metadata: meta };
}
