import type { KubeClient } from '../../apply/client/client.ts';
import { listAt, textAt } from '../../apply/json.ts';
import { groupOf, type KubeObject } from '../../apply/object.ts';
import { markOf } from '../record/mark.ts';
import { isKept } from './kept.ts';
import { isByWorkload } from './made.ts';

const ROLE_BINDING = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' };

/**
 * RoleBindings that a workload among these objects has made in namespaces of others, to give a role of theirs to
 * accounts of theirs and to nobody else: without these objects they say nothing. And those that a run before, which was
 * cut off, has marked with the installation's id.
 */
export async function grantsOf(
  { client, signal }: { readonly client: Pick<KubeClient, 'list'>; readonly signal: AbortSignal },
  objects: readonly KubeObject[],
  id: string,
): Promise<KubeObject[]> {
  const own = new Set(objects.map(placeOf));
  const { items } = await client.list(ROLE_BINDING, { signal });
  return items.filter(
    (binding) =>
      !isKept(binding) &&
      !own.has(placeOf(binding)) &&
      ((id !== '' && markOf(binding) === id) ||
        (objects.some((workload) => isByWorkload(binding, workload)) && isWithin(binding, own))),
  );
}

function isWithin(binding: KubeObject, own: ReadonlySet<string>): boolean {
  const subjects = listAt(binding, 'subjects');
  const isOwnAccount = (subject: unknown) =>
    textAt(subject, 'kind') === 'ServiceAccount' &&
    own.has(
      `ServiceAccount. ${textAt(subject, 'namespace') ?? binding.metadata.namespace}/${textAt(subject, 'name')}`,
    );
  return (
    textAt(binding, 'roleRef', 'kind') === 'ClusterRole' &&
    own.has(`ClusterRole.rbac.authorization.k8s.io /${textAt(binding, 'roleRef', 'name')}`) &&
    subjects.length > 0 &&
    subjects.every(isOwnAccount)
  );
}

function placeOf({ apiVersion, kind, metadata: { namespace = '', name } }: KubeObject): string {
  return `${kind}.${groupOf(apiVersion)} ${namespace}/${name}`;
}
