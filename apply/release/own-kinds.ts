import { at, listAt, textAt } from '../json.ts';
import { groupOf, type KubeObject } from '../object.ts';

/** A kind as a CustomResourceDefinition declares it. */
export interface OwnKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
}

export function isCrd({ kind, apiVersion }: Pick<KubeObject, 'kind' | 'apiVersion'>): boolean {
  return kind === 'CustomResourceDefinition' && groupOf(apiVersion) === 'apiextensions.k8s.io';
}

/** The kinds that a CustomResourceDefinition has the API server serve, one for each version. */
export function ownKinds(crd: KubeObject): OwnKind[] {
  const kind = textAt(crd, 'spec', 'names', 'kind') ?? '';
  const common = {
    group: textAt(crd, 'spec', 'group') ?? '',
    kind,
    plural: textAt(crd, 'spec', 'names', 'plural') ?? '',
    singular: textAt(crd, 'spec', 'names', 'singular') ?? kind.toLowerCase(),
    namespaced: textAt(crd, 'spec', 'scope') === 'Namespaced',
  };
  return listAt(crd, 'spec', 'versions').flatMap((version) => {
    const name = textAt(version, 'name');
    return name === undefined || at(version, 'served') === false ? [] : [{ ...common, version: name }];
  });
}
