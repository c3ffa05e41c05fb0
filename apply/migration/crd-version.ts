import { at, type JsonObject, listAt, objectAt, textAt } from '../json.ts';
import type { KubeObject } from '../object.ts';

/** A version of a kind, as its CustomResourceDefinition has it. */
export interface CrdVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  /** Absent where nothing is said of its objects. */
  readonly schema: JsonObject | undefined;
  /** Its status is written apart, by controllers alone. */
  readonly hasStatus: boolean;
  /** As it stands in the definition. */
  readonly text: unknown;
}

export function versionsOf(crd: KubeObject): CrdVersion[] {
  return listAt(crd, 'spec', 'versions').map((version) => ({
    name: textAt(version, 'name') ?? '',
    served: at(version, 'served') === true,
    storage: at(version, 'storage') === true,
    schema: objectAt(version, 'schema', 'openAPIV3Schema'),
    hasStatus: objectAt(version, 'subresources', 'status') !== undefined,
    text: version,
  }));
}

/** The versions that objects may still be stored in. */
export function storedVersions(crd: KubeObject): string[] {
  return listAt(crd, 'status', 'storedVersions').map(String);
}

/** The kind of the objects of a definition in one of its versions. */
export function kindOf(crd: KubeObject, version: string) {
  const group = textAt(crd, 'spec', 'group') ?? '';
  return { apiVersion: `${group}/${version}`, kind: textAt(crd, 'spec', 'names', 'kind') ?? '' };
}
