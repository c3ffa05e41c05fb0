import { readRecords } from '../../apply/helm/helm-release.ts';
import { imageMapOf } from '../../apply/images/image-map.ts';
import { rewriteImages } from '../../apply/images/rewrite-images.ts';
import type { KubeObject } from '../../apply/object.ts';
import type { Component, Engine } from '../../apply/release/component.ts';
import { readComponent } from '../../apply/release/objects.ts';
import { renderComponent } from '../../apply/release/render.ts';
import type { ReleaseBundle } from '../../bundle/release-bundle.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { engineComponent, type RegistryStorage } from '../component.ts';
import type { RenderedComponent } from '../ownership/foreign.ts';
import type { Installation } from '../record/installation.ts';
import { type ComponentChange, changesBetween } from '../upgrade/component-changes.ts';

/** An upgrade that is looked at before it is begun: what there is, and what it will come to. */
export interface UpgradeSubject {
  readonly engine: Engine;
  readonly installation: Installation;
  readonly from: ReleaseBundle;
  readonly to: ReleaseBundle;
  readonly changes: readonly ComponentChange[];
  /** Those that are installed or upgraded. */
  readonly components: readonly SubjectComponent[];
  /** Charts that do not render for this cluster. */
  readonly problems: readonly SkerryError[];
  /** True for a hop that begins where an earlier one ends: what runs now says little of it. */
  readonly isLater: boolean;
}

export interface SubjectComponent {
  readonly name: string;
  readonly namespace: string;
  readonly component: Component;
  /** What Helm applied last; empty for a new component. */
  readonly before: readonly KubeObject[];
  /** With the images that nodes pull. */
  readonly after: RenderedComponent;
}

export interface SubjectInput {
  readonly engine: Engine;
  readonly installation: Installation;
  /** The release that is installed, or the one that the hop before leads to. */
  readonly from: ReleaseBundle;
  readonly to: ReleaseBundle;
  readonly storage: RegistryStorage;
  /** The hop before. */
  readonly earlier?: UpgradeSubject | undefined;
}

/** Renders what an upgrade changes, for this cluster. Changes nothing. */
export async function readSubject(input: SubjectInput): Promise<UpgradeSubject> {
  const { engine, installation, from, to, earlier } = input;
  const changes = await changesOf(input);
  const changed = changes.filter(({ action }) => action === 'install' || action === 'upgrade');
  const problems: SkerryError[] = [];
  const components = await mapLimited(changed, 2, async (change) => {
    try {
      return await readComponentOf(input, change);
    } catch (error) {
      if (!isSkerryError(error, 'HELM_RENDER_FAILED')) throw error;
      problems.push(error);
      return undefined;
    }
  });
  return {
    ...{ engine, installation, from, to, changes, problems },
    components: components.filter((component) => component !== undefined),
    isLater: earlier !== undefined,
  };
}

async function changesOf({
  engine,
  installation,
  from,
  to,
  earlier,
}: SubjectInput): Promise<ComponentChange[]> {
  if (earlier !== undefined) {
    const there = earlier.changes.filter(({ action }) => action !== 'remove');
    const revisions = new Map(there.map(({ name, revision }) => [name, (revision ?? 0) + 1]));
    return changesBetween({ from: from.release, to: to.release, recorded: there, revisions });
  }
  const { client, signal } = engine;
  const found = await mapLimited(installation.components, 4, async ({ name, namespace }) => {
    const records = await readRecords(client, { name, namespace }, { signal });
    return [name, records.at(-1)?.revision] as const;
  });
  const revisions = new Map(
    found.flatMap(([name, revision]) => (revision === undefined ? [] : [[name, revision]])),
  );
  const { components: recorded } = installation;
  return changesBetween({ from: from.release, to: to.release, recorded, revisions });
}

async function readComponentOf(
  { engine, to, storage, earlier }: SubjectInput,
  { name, namespace }: ComponentChange,
): Promise<SubjectComponent> {
  const { client, signal } = engine;
  const component = engineComponent(to.release, name, { store: to.store, storage });
  const records = await readRecords(client, { name, namespace }, { signal });
  const { crds, objects } = await renderComponent(engine, component, records);
  const images = imageMapOf(Object.fromEntries(component.images));
  const before =
    earlier?.components.find((one) => one.name === name)?.after.objects ??
    (await readComponent(engine, { name, namespace }))?.objects ??
    [];
  return {
    ...{ name, namespace, component, before },
    after: { name, namespace, crds, objects: rewriteImages(objects, images) },
  };
}
