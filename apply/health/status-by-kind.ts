import { at, listAt, numberAt, textAt } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { conditionOf, describeCondition } from './condition.ts';
import { current, failed, inProgress, type ObjectStatus } from './object-status.ts';

type Rule = (object: KubeObject) => ObjectStatus;

/** The kinds whose status is read field by field, as KIND.GROUP. */
export const STATUS_BY_KIND: Readonly<Record<string, Rule | undefined>> = {
  'Deployment.apps': deploymentStatus,
  'StatefulSet.apps': statefulSetStatus,
  'DaemonSet.apps': daemonSetStatus,
  'ReplicaSet.apps': replicaSetStatus,
  'ReplicationController.': replicaSetStatus,
  'Job.batch': jobStatus,
  'CronJob.batch': () => current('runs on its schedule'),
  'Pod.': podStatus,
  'PersistentVolumeClaim.': claimStatus,
  'Service.': serviceStatus,
  'Namespace.': () => current('exists'),
  'CustomResourceDefinition.apiextensions.k8s.io': definitionStatus,
  'PodDisruptionBudget.policy': budgetStatus,
};

function deploymentStatus(object: KubeObject): ObjectStatus {
  if (at(object, 'spec', 'paused') === true) return current('paused');
  const progressing = conditionOf(object, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return failed(describeCondition(progressing));
  const refused = conditionOf(object, 'ReplicaFailure');
  if (refused?.status === 'True') return inProgress(describeCondition(refused));
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const { replicas, updated, ready, available } = replicaCounts(object);
  if (replicas < wanted) return inProgress(`${replicas} of ${wanted} pods made`);
  if (updated < wanted) return inProgress(`${updated} of ${wanted} pods updated`);
  if (replicas > updated) return inProgress(`${replicas - updated} old pods still running`);
  if (available < wanted) return inProgress(`${available} of ${wanted} pods available`);
  if (ready < wanted) return inProgress(`${ready} of ${wanted} pods ready`);
  const isAvailable = conditionOf(object, 'Available');
  if (isAvailable?.status !== 'True')
    return inProgress(isAvailable === undefined ? 'not available' : describeCondition(isAvailable));
  return current(`${ready} of ${wanted} pods ready`);
}

function statefulSetStatus(object: KubeObject): ObjectStatus {
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const { replicas, updated, ready } = replicaCounts(object);
  if (replicas < wanted) return inProgress(`${replicas} of ${wanted} pods made`);
  if (ready < wanted) return inProgress(`${ready} of ${wanted} pods ready`);
  if (replicas > wanted) return inProgress(`${replicas - wanted} pods to remove`);
  if (textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete')
    return current('updated when its pods are deleted');
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0;
  const toUpdate = Math.max(0, wanted - partition);
  if (partition > 0) {
    return updated < toUpdate
      ? inProgress(`${updated} of ${toUpdate} pods updated`)
      : current(`${updated} pods updated`);
  }
  const [running, latest] = [
    textAt(object, 'status', 'currentRevision'),
    textAt(object, 'status', 'updateRevision'),
  ];
  if (running !== latest) return inProgress(`${updated} of ${wanted} pods updated`);
  return current(`${ready} of ${wanted} pods ready`);
}

function daemonSetStatus(object: KubeObject): ObjectStatus {
  const count = (field: string) => numberAt(object, 'status', field) ?? 0;
  if (numberAt(object, 'status', 'observedGeneration') === undefined)
    return inProgress('not seen by its controller yet');
  const updatesItself = textAt(object, 'spec', 'updateStrategy', 'type') !== 'OnDelete';
  const wanted = count('desiredNumberScheduled');
  for (const [field, word] of [
    ['currentNumberScheduled', 'scheduled'],
    ['updatedNumberScheduled', 'updated'],
    ['numberAvailable', 'available'],
    ['numberReady', 'ready'],
  ] as const) {
    if (count(field) < wanted && (updatesItself || word !== 'updated'))
      return inProgress(`${count(field)} of ${wanted} pods ${word}`);
  }
  return current(`${wanted} of ${wanted} pods ready`);
}

function replicaSetStatus(object: KubeObject): ObjectStatus {
  const refused = conditionOf(object, 'ReplicaFailure');
  if (refused?.status === 'True') return inProgress(describeCondition(refused));
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const { replicas, ready, available } = replicaCounts(object);
  if (available < wanted) return inProgress(`${available} of ${wanted} pods available`);
  if (ready < wanted) return inProgress(`${ready} of ${wanted} pods ready`);
  if (replicas > wanted) return inProgress(`${replicas - wanted} pods to remove`);
  return current(`${ready} of ${wanted} pods ready`);
}

// Stricter than kstatus, for which a Job is current once it has started: what comes after a Job needs it done.
function jobStatus(object: KubeObject): ObjectStatus {
  const failure = conditionOf(object, 'Failed');
  if (failure?.status === 'True') return failed(describeCondition(failure));
  if (conditionOf(object, 'Complete')?.status === 'True') return current('completed');
  if (at(object, 'spec', 'suspend') === true) return current('suspended');
  const count = (field: string) => numberAt(object, 'status', field) ?? 0;
  if (at(object, 'status', 'startTime') === undefined) return inProgress('not started');
  const wanted = numberAt(object, 'spec', 'completions') ?? 1;
  return inProgress(
    `${count('succeeded')} of ${wanted} done, ${count('active')} running, ${count('failed')} failed`,
  );
}

function podStatus(object: KubeObject): ObjectStatus {
  switch (textAt(object, 'status', 'phase')) {
    case 'Succeeded':
      return current('completed');
    case 'Failed':
      return failed(
        [textAt(object, 'status', 'reason'), textAt(object, 'status', 'message')]
          .filter(Boolean)
          .join(': ') || 'failed',
      );
    case 'Running':
      return conditionOf(object, 'Ready')?.status === 'True' ? current('ready') : inProgress('not ready');
    default: {
      const scheduled = conditionOf(object, 'PodScheduled');
      return inProgress(scheduled?.status === 'False' ? describeCondition(scheduled) : 'starting');
    }
  }
}

function claimStatus(object: KubeObject): ObjectStatus {
  const phase = textAt(object, 'status', 'phase') ?? 'Pending';
  if (phase === 'Bound') return current('bound');
  return phase === 'Lost' ? failed('its volume is lost') : inProgress(`is ${phase.toLowerCase()}`);
}

function serviceStatus(object: KubeObject): ObjectStatus {
  if (textAt(object, 'spec', 'type') !== 'LoadBalancer') return current('exists');
  const isAssigned = listAt(object, 'status', 'loadBalancer', 'ingress').length > 0;
  return isAssigned
    ? current('has an address')
    : inProgress(
        'no load balancer has given it an address; where a site has none, the release can say so under health',
      );
}

function definitionStatus(object: KubeObject): ObjectStatus {
  const accepted = conditionOf(object, 'NamesAccepted');
  if (accepted?.status === 'False') return failed(describeCondition(accepted));
  const established = conditionOf(object, 'Established');
  if (established?.status === 'True') return current('established');
  if (established?.status === 'False' && established.reason !== 'Installing')
    return failed(describeCondition(established));
  return inProgress('not established yet');
}

function budgetStatus(object: KubeObject): ObjectStatus {
  const seen = numberAt(object, 'status', 'observedGeneration') !== undefined;
  return seen ? current('computed') : inProgress('not seen by its controller yet');
}

function replicaCounts(object: KubeObject) {
  const count = (field: string) => numberAt(object, 'status', field) ?? 0;
  return {
    replicas: count('replicas'),
    updated: count('updatedReplicas'),
    ready: count('readyReplicas'),
    available: count('availableReplicas'),
  };
}
