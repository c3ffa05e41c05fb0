import type { CallOptions, KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { Alert, type AlertSpec, type AlertStatus } from '../../api/alert.ts';
import { API_VERSION } from '../../api/group.ts';
import type { StoredAlert } from '../watched/stored-alert.ts';
import type { AlertPlan } from './alert-plan.ts';

export type AlertClient = Pick<KubeClient, 'create' | 'replace' | 'delete'>;

/** Carries out a plan; what somebody else changed meanwhile is left for the next. Calls `onWritten` for each object. */
export async function writeAlerts(
  client: AlertClient,
  plan: AlertPlan,
  options: CallOptions,
  onWritten: (object: KubeObject) => void,
): Promise<void> {
  for (const { project, name, spec, status } of plan.create) {
    await unlessChanged(async () => {
      const metadata = { name, namespace: project };
      const made = await client.create(
        { apiVersion: API_VERSION, kind: Alert.kind, metadata, spec },
        options,
      );
      onWritten(await client.replace({ ...made, status }, { ...options, subresource: 'status' }));
    });
  }
  for (const { alert, spec, status } of plan.update)
    await unlessChanged(async () => onWritten(await writeAlert(client, alert, { spec, status }, options)));
  for (const { project, name, object } of plan.delete) {
    const { uid, resourceVersion } = object.metadata;
    const reference = { apiVersion: API_VERSION, kind: Alert.kind, metadata: { name, namespace: project } };
    await unlessChanged(() => client.delete(reference, { ...options, uid, resourceVersion }));
  }
}

/** Notes that a receiver was told. Throws OBJECT_CHANGED. */
export async function writeSent(
  client: AlertClient,
  alert: StoredAlert,
  sent: NonNullable<AlertStatus['sent']>[number],
  options: CallOptions,
): Promise<KubeObject> {
  const { status } = alert;
  if (status === undefined) return alert.object;
  const others = (status.sent ?? []).filter(({ receiver }) => receiver !== sent.receiver);
  const next = { ...status, sent: [...others, sent].slice(-MAX_SENT) };
  return await client.replace({ ...alert.object, status: next }, { ...options, subresource: 'status' });
}

const MAX_SENT = 32;

async function writeAlert(
  client: AlertClient,
  alert: StoredAlert,
  { spec, status }: { spec: AlertSpec; status: AlertStatus },
  options: CallOptions,
): Promise<KubeObject> {
  const isOther = spec.severity !== alert.spec.severity;
  const object = isOther ? await client.replace({ ...alert.object, spec }, options) : alert.object;
  return await client.replace({ ...object, status }, { ...options, subresource: 'status' });
}

async function unlessChanged(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    // A project that is being deleted takes nothing new.
    if (!isSkerryError(error) || !LEFT.has(error.code)) throw error;
  }
}

const LEFT = new Set(['OBJECT_CHANGED', 'NAMESPACE_NOT_FOUND', 'OBJECT_NOT_FOUND']);
