import type { Selection } from '../../../apply/client/client.ts';
import type { OwnedObject } from './owned-object.ts';

/** Which objects of the cluster have to be watched, and which of ours they are. */
export interface WatchedSelection {
  /** The same for the same selection. */
  readonly key: string;
  readonly selection: Selection;
  /** Ids of our objects in it. */
  readonly ids: readonly string[];
}

/** With more namespaces one watch of a kind is cheaper than one for each. */
const MOST_NAMESPACES = 4;

/**
 * One watch for each kind and namespace with objects of ours, for metadata alone. What Helm has marked is told apart by
 * the server; an object that loses the mark shows as deleted, and is looked at.
 */
export function selectionsOf(objects: readonly OwnedObject[]): WatchedSelection[] {
  return grouped(objects, ({ apiVersion, kind }) => `${apiVersion} ${kind}`).flatMap((ofKind) => {
    const places = grouped(ofKind, ({ namespace = '' }) => namespace);
    return places.length > MOST_NAMESPACES
      ? [selectionOf(ofKind, undefined)]
      : places.map((ofPlace) => selectionOf(ofPlace, ofPlace[0]?.namespace));
  });
}

const HELM = 'app.kubernetes.io/managed-by';

function selectionOf(objects: readonly OwnedObject[], namespace: string | undefined): WatchedSelection {
  const [{ apiVersion = '', kind = '', name = '' } = {}] = objects;
  const isMarked = objects.every(({ labels }) => labels[HELM] === 'Helm');
  const narrow =
    objects.length === 1
      ? { fieldSelector: `metadata.name=${name}` }
      : isMarked
        ? { labelSelector: `${HELM}=Helm` }
        : {};
  const selection = { apiVersion, kind, namespace, ...narrow, metadataOnly: true };
  return { key: JSON.stringify(selection), selection, ids: objects.map(({ id }) => id) };
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
