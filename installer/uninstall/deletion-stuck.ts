import { listAt, textAt } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import type { SkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';

/** What keeps a namespace, as its controller says (core/v1 NamespaceConditionType). */
const TELLING = new Set([
  'NamespaceContentRemaining',
  'NamespaceFinalizersRemaining',
  'NamespaceDeletionContentFailure',
  'NamespaceDeletionDiscoveryFailure',
  'NamespaceDeletionGroupVersionParsingFailure',
]);

/** DELETION_STUCK for what was deleted and is still there: the objects, and what keeps each. */
export function stuckError(left: readonly KubeObject[]): SkerryError {
  const [first] = left;
  const detail = left.slice(0, 10).map((object) => `${describeObject(object)}: ${keptBy(object)}`);
  if (left.length > 10) detail.push(`and ${left.length - 10} more`);
  return installerError('DELETION_STUCK', {
    subject: first === undefined ? 'nothing' : describeObject(first),
    detail: detail.join('; '),
  });
}

function keptBy(object: KubeObject): string {
  const conditions = listAt(object, 'status', 'conditions')
    .filter(
      (condition) => TELLING.has(textAt(condition, 'type') ?? '') && textAt(condition, 'status') === 'True',
    )
    .map((condition) => textAt(condition, 'message') ?? '');
  if (object.kind === 'Namespace' && conditions.length > 0) return conditions.join(' ');
  const finalizers = listAt(object, 'metadata', 'finalizers').map(String);
  if (finalizers.length > 0)
    return `kept by the finalizer${finalizers.length > 1 ? 's' : ''} ${finalizers.join(', ')}`;
  return object.metadata.deletionTimestamp === undefined ? 'was not deleted' : 'is still ending';
}
