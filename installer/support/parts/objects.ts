import { isJsonObject, listAt, numberAt, objectAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { INSTALLATION } from '../../names.ts';
import type { Collected, SupportContext, SupportPart } from '../part.ts';
import { ask } from './ask.ts';

const KINDS: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['v1', 'Pod'],
  ['v1', 'Service'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'ResourceQuota'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'ReplicaSet'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
  ['discovery.k8s.io/v1', 'EndpointSlice'],
  ['coordination.k8s.io/v1', 'Lease'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
];
const OWN_GROUP = 'skerry.dev';
const PART_OF = 'app.kubernetes.io/part-of';
const MANAGED_BY = 'app.kubernetes.io/managed-by';

/** How everything in the platform's namespaces is, its own settings, and the status of what it manages. */
export const objectsPart: SupportPart = {
  id: 'objects',
  title: 'objects in the platform’s namespaces, its ConfigMaps, the status of clusters',
  collect: async (context, into) => {
    for (const namespace of context.namespaces) {
      for (const [apiVersion, kind] of KINDS)
        await collectKind(context, into, { apiVersion, kind, namespace });
      await collectConfigMaps(context, into, namespace);
    }
    await collectOwnKinds(context, into);
  },
};

interface Where {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
}

async function collectKind(context: SupportContext, into: Collected, where: Where): Promise<void> {
  const { client, signal } = context;
  const { apiVersion, kind, namespace } = where;
  if (!(await client.isServed(apiVersion, kind, { signal }))) return;
  const found = await ask(context, into, `${kind} in ${namespace}`, () => client.list(where, { signal }));
  if (found === undefined || found.items.length === 0) return;
  if (kind === 'Pod') for (const pod of found.items) sayOfPod(pod, into);
  into.json(`${namespace}/${kind.toLowerCase()}.json`, found.items);
}

async function collectConfigMaps(context: SupportContext, into: Collected, namespace: string): Promise<void> {
  const { client, signal } = context;
  const found = await ask(context, into, `ConfigMaps in ${namespace}`, () =>
    client.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace }, { signal }),
  );
  const own = found?.items.filter(isOwn) ?? [];
  if (own.length > 0) into.json(`${namespace}/configmap.json`, own);
}

// The record is a part of its own, and what others keep in the same namespace is theirs.
function isOwn({ metadata: { name, labels = {} } }: KubeObject): boolean {
  if (name === INSTALLATION) return false;
  return labels[PART_OF] === 'skerry' || labels[MANAGED_BY] === 'skerry' || name.startsWith('skerry-');
}

/** Of what the platform manages only how it is: what it should be may be nobody else's business. */
async function collectOwnKinds(context: SupportContext, into: Collected): Promise<void> {
  const { client, signal } = context;
  const served = await ask(context, into, 'kinds of the platform', () => client.kinds({ signal }));
  for (const { apiVersion, kind } of served?.kinds ?? []) {
    if (!apiVersion.startsWith(`${OWN_GROUP}/`)) continue;
    const found = await ask(context, into, kind, () =>
      client.list({ apiVersion, kind, keep: statusAlone }, { signal }),
    );
    if (found !== undefined && found.items.length > 0)
      into.json(`platform/${kind.toLowerCase()}.json`, found.items);
  }
}

function statusAlone({ apiVersion, kind, metadata, status }: KubeObject): KubeObject {
  const { name, namespace, generation, creationTimestamp, deletionTimestamp } = metadata;
  const kept = { name, namespace, generation, creationTimestamp, deletionTimestamp };
  return { apiVersion, kind, metadata: kept, ...(isJsonObject(status) ? { status } : {}) };
}

function sayOfPod(pod: KubeObject, into: Collected): void {
  const { namespace, name } = pod.metadata;
  const phase = textAt(pod, 'status', 'phase') ?? '';
  const statuses = [
    ...listAt(pod, 'status', 'initContainerStatuses'),
    ...listAt(pod, 'status', 'containerStatuses'),
  ];
  const notes = statuses.flatMap((status) => {
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    const restarts = numberAt(status, 'restartCount') ?? 0;
    const ended = objectAt(status, 'lastState', 'terminated');
    return [
      ...(waiting === undefined ? [] : [`waits: ${waiting}`]),
      ...(restarts === 0
        ? []
        : [
            `${restarts} restarts, last ${textAt(ended, 'reason') ?? ''} ${numberAt(ended, 'exitCode') ?? ''}`,
          ]),
    ];
  });
  const how = notes.length === 0 ? '' : `, ${notes.join('; ')}`;
  into.say(`pod         ${namespace}/${name}, ${phase}${how}`);
}
