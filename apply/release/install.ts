import { failUnfinishedRelease, readRecords } from '../helm/helm-release.ts';
import { imageMapOf } from '../images/image-map.ts';
import { rewriteImages } from '../images/rewrite-images.ts';
import { migrateCrds } from '../migration/migrate-crds.ts';
import type { KubeObject } from '../object.ts';
import { checkImages } from './check-images.ts';
import type { Component, Engine } from './component.ts';
import { droppedObjects } from './dropped.ts';
import { type ConflictPolicy, type OwnedField, settleOwners } from './owners.ts';
import { type Rendering, renderComponent } from './render.ts';
import { upgradeComponent } from './upgrade.ts';
import { waitComponent } from './wait.ts';

export interface InstallOptions {
  /** `stop` when absent. */
  readonly onConflict?: ConflictPolicy | undefined;
  /** Takes over objects that no release owns, or another one; they are refused otherwise. */
  readonly adopt?: boolean | undefined;
  /** Whether stored objects may lose fields, or be refused from now on, under changed CRDs; `refused` when absent. */
  readonly losses?: 'refused' | 'allowed' | undefined;
  /** Called before CRDs are applied, so that they can be written down: uninstalling must know of them. */
  readonly onCrds: (names: readonly string[]) => Promise<void>;
  readonly onProgress: (text: string) => void;
  /** Called with what is about to be applied, before anything is; what it gives back is applied. */
  readonly prepare?: ((rendering: Rendering) => Promise<Rendering>) | undefined;
  /** Called once Helm has applied all, before its health is waited for, with what went since it is not rendered any more. */
  readonly onDropped?: ((objects: readonly KubeObject[]) => Promise<void>) | undefined;
}

export interface Installed {
  readonly action: 'install' | 'upgrade';
  /** Fields that others had set: left as they are, or taken over, as was asked for. */
  readonly conflicts: readonly OwnedField[];
}

/**
 * Installs or upgrades a component, or goes on where an earlier try broke off: rendered once for this cluster, its
 * images and its fields' owners checked, CRDs first, then the chart, then its health gate. Only for callers that hold
 * the lock. Throws IMAGE_NOT_IN_BUNDLE, APPLY_CONFLICT, OBJECT_INVALID, CRD_LOSES_FIELDS and
 * CRD_REJECTS_OBJECTS before anything is applied.
 */
export async function installComponent(
  engine: Engine,
  component: Component,
  { onConflict = 'stop', adopt = false, losses, onCrds, onProgress, prepare, onDropped }: InstallOptions,
): Promise<Installed> {
  const { client, signal } = engine;
  onProgress('rendering');
  await failUnfinishedRelease(client, component, { signal });
  const records = await readRecords(client, component, { signal });
  const rendered = await renderComponent(engine, component, records, {
    adopt: adopt || prepare !== undefined,
  });
  checkImages(component, rendered.objects);
  const rewritten = rewriteImages(rendered.objects, imageMapOf(Object.fromEntries(component.images)));
  const owners = await settleOwners(
    { client, signal, crds: rendered.crds },
    component,
    rewritten,
    onConflict,
  );
  const settled = { ...rendered, objects: owners.objects };
  const { crds, action, ...rendering } = prepare === undefined ? settled : await prepare(settled);

  onProgress('CRDs');
  if (crds.length > 0) await onCrds(crds.map(({ metadata }) => metadata.name));
  await migrateCrds({ client, crds, stage: 'before', losses, signal, onProgress });

  onProgress('chart');
  const wanted = [...crds, ...rendering.objects];
  const dropped = onDropped === undefined ? [] : await droppedObjects(engine, component, records, wanted);
  const force = onConflict === 'take' && owners.conflicts.length > 0;
  await upgradeComponent(engine, component, { ...rendering, crds, action }, { force, adopt, onProgress });
  if (dropped.length > 0) await onDropped?.(dropped);
  await waitComponent(engine, component, onProgress);
  await migrateCrds({ client, crds, stage: 'after', losses: 'allowed', signal, onProgress });
  return { action, conflicts: owners.conflicts };
}
