import type { Component } from '../apply/release/component.ts';
import { isBareWord } from '../bundle/images/bare-word.ts';
import { imageMap, type LockedRelease } from '../bundle/locked-release.ts';
import type { Store } from '../content/store.ts';
import { installerError } from './errors.ts';
import { REGISTRY_ADDRESS } from './names.ts';

export type LockedComponent = LockedRelease['components'][number];

/** Where the registry keeps its content, as the user chose. */
export interface RegistryStorage {
  readonly className: string | undefined;
  readonly size: string;
}

/** A component of the release as the apply engine takes it: images from the private registry, chart from the bundle. */
export function engineComponent(
  release: LockedRelease,
  name: string,
  { store, storage }: { store: Store; storage: RegistryStorage },
): Component {
  const component = componentOf(release, name);
  return {
    name,
    namespace: component.namespace,
    chart: { store, repository: component.chart.repository, digest: component.chart.digest },
    values: isRegistry(release, name) ? withStorage(component.values, storage) : component.values,
    images: new Map([...wordsOf(release), ...imageMap(release, REGISTRY_ADDRESS)]),
    health: component.health,
    timeoutMs: component.timeoutSeconds * 1000,
  };
}

/** Throws INSTALLATION_INVALID where the release has no such component. */
export function componentOf({ components }: LockedRelease, name: string): LockedComponent {
  const component = components.find((candidate) => candidate.name === name);
  if (component === undefined) throw installerError('INSTALLATION_INVALID', { subject: `component ${name}` });
  return component;
}

/** Words in the place of an image that the release calls none: they are left to the webhook that replaces them. */
function wordsOf({ notTaken }: LockedRelease): [string, string][] {
  return notTaken
    .filter(({ reference, state }) => state === 'not-an-image' && isBareWord(reference))
    .map(({ reference }) => [reference, reference]);
}

export function isRegistry({ registry }: LockedRelease, name: string): boolean {
  return registry?.component === name;
}

function withStorage(values: Component['values'], { className, size }: RegistryStorage) {
  const storage = typeof values.storage === 'object' ? values.storage : {};
  return {
    ...values,
    storage: { ...storage, size, ...(className === undefined ? {} : { storageClass: className }) },
  };
}
