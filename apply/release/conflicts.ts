import { readRecords } from '../helm/helm-release.ts';
import { imageMapOf } from '../images/image-map.ts';
import { rewriteImages } from '../images/rewrite-images.ts';
import type { Component, Engine } from './component.ts';
import { findOwners, type OwnedField } from './owners.ts';
import { renderComponent } from './render.ts';

/**
 * The fields of a component that somebody else has set since it was applied, and that applying it again would change.
 * Changes nothing; empty also where an unfinished revision has to be cleared away before anything can be said.
 */
export async function findConflicts(engine: Engine, component: Component): Promise<readonly OwnedField[]> {
  const { client, signal } = engine;
  const records = await readRecords(client, component, { signal });
  if (!records.some(({ status }) => status === 'deployed') || records.some(isUnfinished)) return [];
  const { objects, crds } = await renderComponent(engine, component, records);
  const rewritten = rewriteImages(objects, imageMapOf(Object.fromEntries(component.images)));
  return (await findOwners({ client, signal, crds }, component, rewritten, 'stop')).conflicts;
}

function isUnfinished({ status }: { status: string }): boolean {
  return status.startsWith('pending-') || status === 'uninstalling';
}
