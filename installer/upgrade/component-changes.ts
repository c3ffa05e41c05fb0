import { isDeepStrictEqual } from 'node:util';
import type { ReleaseRecord } from '../../apply/helm/helm-release.ts';
import { imageMap, type LockedRelease } from '../../bundle/locked-release.ts';
import { componentOf, type LockedComponent } from '../component.ts';
import { REGISTRY_ADDRESS } from '../names.ts';
import type { Installation, UpgradeRecord } from '../record/installation.ts';

export type ComponentChange = UpgradeRecord['components'][number];

/**
 * Helm's revision of what runs; undefined where Helm does not know the component. A rollback that failed leaves none that is
 * `deployed`: the component is there all the same, and must not be taken for one that the upgrade brings.
 */
export function revisionBefore(
  records: readonly Pick<ReleaseRecord, 'revision' | 'status' | 'description'>[],
): number | undefined {
  const deployed = records.findLast(({ status }) => status === 'deployed');
  const good = records.findLast(
    ({ status, description }) => status === 'superseded' && !/ failed: /.test(description),
  );
  return (deployed ?? good ?? records.at(-1))?.revision;
}

export interface ChangesInput {
  readonly from: LockedRelease;
  readonly to: LockedRelease;
  /** As the record tells of them. */
  readonly recorded: Installation['components'];
  /** Helm's revision of each component that is there, by its name. */
  readonly revisions: ReadonlyMap<string, number>;
}

/**
 * What becomes of each component: those of the new release in its order, then those that it has not, the last one first.
 * What would be applied with the same bytes and values, from the same images, is left alone.
 */
export function changesBetween({ from, to, recorded, revisions }: ChangesInput): ComponentChange[] {
  const before = new Map(recorded.map((component) => [component.name, component]));
  const there = to.components.map(({ name, namespace, health }): ComponentChange => {
    const crds = [...(before.get(name)?.crds ?? [])];
    const one = { name, namespace, health: [...health], crds };
    const revision = revisions.get(name);
    if (revision === undefined || !before.has(name)) return { ...one, action: 'install' };
    return { ...one, revision, action: isSame(from, to, name) ? 'keep' : 'upgrade' };
  });
  const wanted = new Set(to.components.map(({ name }) => name));
  const gone = recorded
    .filter(({ name }) => !wanted.has(name))
    .toReversed()
    .map((component): ComponentChange => {
      const revision = revisions.get(component.name);
      return { ...component, ...(revision === undefined ? {} : { revision }), action: 'remove' };
    });
  return [...there, ...gone];
}

function isSame(from: LockedRelease, to: LockedRelease, name: string): boolean {
  const old = from.components.find((component) => component.name === name);
  return old !== undefined && isDeepStrictEqual(applied(from, old), applied(to, componentOf(to, name)));
}

/** All that decides what is in the cluster then. */
function applied(release: LockedRelease, { chart, values, images, namespace }: LockedComponent) {
  const places = imageMap(release, REGISTRY_ADDRESS);
  return {
    ...{ digest: chart.digest, values, namespace },
    images: images.map((reference) => [reference, places.get(reference)]),
  };
}

/** The images of what is going to be applied that the release before did not have, as nodes pull them. */
export function newImages(
  from: LockedRelease,
  to: LockedRelease,
  changes: readonly ComponentChange[],
): string[] {
  const known = new Set(from.images.map(({ digest }) => digest));
  const added = new Set(to.images.filter(({ digest }) => !known.has(digest)).map(({ digest }) => digest));
  const places = imageMap(to, REGISTRY_ADDRESS);
  const sure = new Set(
    to.images.filter(({ certainty }) => certainty === 'sure').map(({ reference }) => reference),
  );
  const wanted = changes
    .filter(({ action }) => action === 'install' || action === 'upgrade')
    .flatMap(({ name }) => componentOf(to, name).images)
    .filter((reference) => sure.has(reference))
    .flatMap((reference) => places.get(reference) ?? [])
    .filter((place) => [...added].some((digest) => place.endsWith(`@${digest}`)));
  return [...new Set(wanted)].sort();
}
