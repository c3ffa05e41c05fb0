import { at, numberAt } from '../json.ts';
import { groupOf, type KubeObject } from '../object.ts';
import { conditionOf, describeCondition } from './condition.ts';
import { current, failed, inProgress, type ObjectStatus } from './object-status.ts';
import { STATUS_BY_KIND } from './status-by-kind.ts';

/**
 * The status of any object, by the rules of kstatus (sigs.k8s.io/cli-utils, pkg/kstatus): what all objects have in
 * common first, then what is known of the kind, then the `Ready` condition that most custom resources have.
 */
export function statusOf(object: KubeObject | undefined): ObjectStatus {
  if (object === undefined) return { status: 'NotFound', message: 'not found' };
  return (
    commonStatus(object) ??
    kindStatus(object) ??
    pausedStatus(object) ??
    conditionStatus(object) ??
    current('applied')
  );
}

function commonStatus(object: KubeObject): ObjectStatus | undefined {
  if (object.metadata.deletionTimestamp !== undefined)
    return { status: 'Terminating', message: 'is being deleted' };
  const generation = object.metadata.generation;
  const observed = numberAt(object, 'status', 'observedGeneration');
  if (generation !== undefined && observed !== undefined && observed !== generation) {
    return inProgress('its controller has not seen the latest change yet');
  }
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.status === 'True') return inProgress(describeCondition(reconciling));
  const stalled = conditionOf(object, 'Stalled');
  if (stalled?.status === 'True') return failed(describeCondition(stalled));
  return undefined;
}

function kindStatus(object: KubeObject): ObjectStatus | undefined {
  return STATUS_BY_KIND[`${object.kind}.${groupOf(object.apiVersion)}`]?.(object);
}

// Objects that are paused by intent (Flux, Argo, Cluster API and others name it one of these) get nowhere by right.
function pausedStatus(object: KubeObject): ObjectStatus | undefined {
  if (at(object, 'spec', 'suspend') === true) return current('suspended');
  return at(object, 'spec', 'paused') === true ? current('paused') : undefined;
}

// Cluster API has `Available` and no `Ready` on its Cluster, and under v1beta1 keeps its new conditions one level deeper.
function conditionStatus(object: KubeObject): ObjectStatus | undefined {
  const ready =
    conditionOf(object, 'Ready') ??
    conditionOf(object, 'Available') ??
    conditionOf({ status: at(object, 'status', 'v1beta2') }, 'Available');
  if (ready === undefined) return undefined;
  if (ready.observedGeneration !== undefined && ready.observedGeneration < (object.metadata.generation ?? 0))
    return inProgress('its controller has not seen the latest change yet');
  return ready.status === 'True'
    ? current(describeCondition(ready) || 'ready')
    : inProgress(describeCondition(ready) || 'not ready');
}
