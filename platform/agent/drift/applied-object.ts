import type { CallOptions, KubeClient, ObjectReference } from '../../../apply/client/client.ts';
import { pickFields } from '../../../apply/field-set.ts';
import { isJsonObject, objectAt } from '../../../apply/json.ts';
import { isAppliedBy, managedFields } from '../../../apply/managed-fields.ts';
import { type KubeObject, narrowObject } from '../../../apply/object.ts';

/**
 * An object as a manager has applied it, made of what is in the cluster and whose it is: for what no release record
 * holds, as CRDs. What others have taken over meanwhile is not part of it. Undefined where the manager owns nothing.
 */
export async function appliedObject(
  client: Pick<KubeClient, 'get'>,
  reference: ObjectReference,
  manager: string,
  options: CallOptions = {},
): Promise<KubeObject | undefined> {
  const live = await client.get(reference, options);
  const entry = managedFields(live).find(isAppliedBy(manager));
  if (live === undefined || entry === undefined) return undefined;
  const picked = pickFields(entry.fields, live);
  const { apiVersion, kind, metadata } = reference;
  const fields = isJsonObject(picked) ? picked : {};
  const own = objectAt(fields, 'metadata') ?? {};
  const narrowed = narrowObject({ ...fields, apiVersion, kind, metadata: { ...own, ...metadata } });
  return 'object' in narrowed ? narrowed.object : undefined;
}
