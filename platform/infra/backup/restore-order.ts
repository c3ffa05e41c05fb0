import type { KubeObject } from '../../../apply/object.ts';

/** Owners before what they own, as the garbage collector would otherwise take what has an owner that is not there. */
export function inRestoreOrder(objects: readonly KubeObject[]): KubeObject[] {
  const byUid = new Map(objects.map((object) => [object.metadata.uid, object]));
  const ordered = new Set<KubeObject>();
  const visit = (object: KubeObject, above: ReadonlySet<KubeObject>) => {
    if (ordered.has(object) || above.has(object)) return;
    const under = new Set([...above, object]);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owner = byUid.get(uid);
      if (owner !== undefined) visit(owner, under);
    }
    ordered.add(object);
  };
  for (const object of objects) visit(object, new Set());
  return [...ordered];
}

/** The references of an object with the UIDs that owners have now; one to an owner that is not there is left out. */
export function ownersNow(object: KubeObject, uids: ReadonlyMap<string, string>) {
  return (object.metadata.ownerReferences ?? []).flatMap((reference) => {
    const uid = uids.get(reference.uid);
    return uid === undefined ? [] : [{ ...reference, uid }];
  });
}
