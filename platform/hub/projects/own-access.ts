import type { KubeClient, WatchEvent } from '../../../apply/client/client.ts';
import { follow } from '../../../apply/client/follow.ts';
import type { Clock } from '../../../apply/clock.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { PROJECT_LABEL } from '../../api/group.ts';
import { RBAC_GROUP } from './members.ts';

export interface OwnAccessOptions {
  readonly client: Pick<KubeClient, 'watch' | 'get' | 'create' | 'replace'>;
  /** The name of the user that the hub is. */
  readonly username: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

const ROLE = 'skerry-hub-project';
/** By what uninstalling knows that the hub made it. */
const MADE_BY = 'app.kubernetes.io/managed-by';
const LABELS = { [MADE_BY]: 'skerry-hub' };
const PAUSE_MS = 10_000;

/** Gives the hub what it may do in a project, in each project that there is or comes, until the signal is aborted. */
export async function keepOwnAccess(options: OwnAccessOptions): Promise<void> {
  const { client, clock, signal, onError } = options;
  const selection = { apiVersion: 'v1', kind: 'Namespace', labelSelector: `${PROJECT_LABEL}=true` };
  const bind = async (event: WatchEvent) => {
    if (event.type === 'deleted') return;
    const namespaces = event.type === 'listed' ? event.objects : [event.object];
    for (const namespace of namespaces) await ensureBinding(options, namespace);
  };
  await follow(client, selection, bind, { signal, clock, onError, pauseMs: PAUSE_MS });
}

async function ensureBinding(
  { client, username, signal }: OwnAccessOptions,
  { metadata }: KubeObject,
): Promise<void> {
  if (metadata.deletionTimestamp !== undefined) return;
  const binding = {
    apiVersion: `${RBAC_GROUP}/v1`,
    kind: 'RoleBinding',
    metadata: { namespace: metadata.name, name: ROLE, labels: LABELS },
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: ROLE },
    subjects: [subjectOf(username)],
  };
  const found = await client.get(binding, { signal });
  if (found?.metadata.labels?.[MADE_BY] === LABELS[MADE_BY]) return;
  const labels = { ...found?.metadata.labels, ...LABELS };
  const write =
    found === undefined
      ? client.create(binding, { signal })
      : client.replace({ ...found, metadata: { ...found.metadata, labels } }, { signal });
  // Another hub, or the end of the namespace, may have come between.
  await write.catch((error: unknown) => {
    if (!isSkerryError(error, 'OBJECT_CHANGED') && !isSkerryError(error, 'OBJECT_REFUSED')) throw error;
  });
}

function subjectOf(username: string) {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  if (namespace === undefined || name === undefined) {
    return { apiGroup: RBAC_GROUP, kind: 'User', name: username };
  }
  return { kind: 'ServiceAccount', namespace, name };
}
