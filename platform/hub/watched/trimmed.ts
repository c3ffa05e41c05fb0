import type { KubeObject } from '../../../apply/object.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Who manages which field is half of an object and says nothing here; a write without it leaves it as it is. */
export function trimmed(object: KubeObject): KubeObject {
  const { managedFields: _, annotations, ...metadata } = object.metadata;
  if (annotations === undefined) return { ...object, metadata };
  const { [LAST_APPLIED]: __, ...others } = annotations;
  return { ...object, metadata: { ...metadata, annotations: others } };
}
