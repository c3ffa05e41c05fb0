import type { KubeClient } from '../../../apply/client/client.ts';
import { conditionOf } from '../../../apply/health/condition.ts';
import { isJsonObject } from '../../../apply/json.ts';
import { describeObject, groupOf, type KubeObject, type OwnerReference } from '../../../apply/object.ts';
import { waitUntil } from '../../../apply/wait/wait-until.ts';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { INFRA_GROUP } from '../api/group.ts';
import type { GatewayBackup } from './gateway-backup.ts';
import { CAPI_CLUSTERS, PAUSED_FOR, staysPaused } from './pause.ts';
import { inRestoreOrder, ownersNow } from './restore-order.ts';
import { isCluster } from './take-backup.ts';

export interface RestoreInput {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'create' | 'patch' | 'isServed' | 'watch'>;
  readonly backup: GatewayBackup;
  /** What names this restoring: the same again goes on where it ended. */
  readonly work: string;
  readonly onStep: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface Restored {
  readonly created: number;
  /** That were there already, from an earlier run. */
  readonly kept: number;
}

/** Says of a cluster from which backup it came. */
const RESTORED_FROM = 'infrastructure.skerry.dev/restored-from';
const SERVED_MS = 120_000;
const CRD = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };

/**
 * Makes the objects of a backup in a cluster that has none of these clusters, each cluster paused before anything of it is
 * there. Machines keep their providerIDs, which are in their specs, and so are the ones that the cloud has. Nothing is
 * deleted or changed that was there before. Throws GATEWAY_CLUSTER_EXISTS before the first object is made.
 */
export async function restoreBackup(input: RestoreInput): Promise<Restored> {
  const { client, backup, onStep, signal } = input;
  await refuseOthers(input);
  // What a gateway that works again has deleted since must not come back.
  if (await goesOnAlready(input)) return { created: 0, kept: backup.objects.length };
  onStep(`${backup.definitions.length} definitions`);
  for (const definition of backup.definitions) await ensure(client, fresh(definition, []), signal);
  await awaitDefinitions(input);
  const namespaces = new Set(backup.objects.flatMap(({ metadata: { namespace } }) => namespace ?? []));
  for (const name of namespaces) {
    await ensure(client, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, signal);
  }
  const uids = new Map<string, string>();
  let created = 0;
  onStep(`${backup.objects.length} objects`);
  for (const object of inRestoreOrder(backup.objects)) {
    const { there, isNew } = await ensure(client, asWanted(input, object, uids), signal);
    if (isNew) created++;
    if (object.metadata.uid !== undefined && there.metadata.uid !== undefined)
      uids.set(object.metadata.uid, there.metadata.uid);
    await restoreRest(client, object, there, signal);
  }
  return { created, kept: backup.objects.length - created };
}

// Two halves of a cluster, one from here and one from there, would each replace the other's machines.
async function refuseOthers({ client, backup, work, signal }: RestoreInput): Promise<void> {
  if (!(await client.isServed(CAPI_CLUSTERS.apiVersion, CAPI_CLUSTERS.kind, { signal }))) return;
  const named = new Set(backup.objects.filter(isCluster).map(describeObject));
  const { items } = await client.list(CAPI_CLUSTERS, { signal });
  const others = items.filter(
    (one) => named.has(describeObject(one)) && one.metadata.annotations?.[RESTORED_FROM] !== work,
  );
  if (others.length === 0) return;
  throw platformError('GATEWAY_CLUSTER_EXISTS', {
    subject: 'gateway',
    detail: others.map(describeObject).join(', '),
  });
}

/** Whether clusters of this restoring were let go on: that is its last step, so all of them were there. */
async function goesOnAlready({ client, backup, work, signal }: RestoreInput): Promise<boolean> {
  if (!(await client.isServed(CAPI_CLUSTERS.apiVersion, CAPI_CLUSTERS.kind, { signal }))) return false;
  const resumed = new Set(
    backup.objects.filter((one) => isCluster(one) && !staysPaused(one)).map(describeObject),
  );
  const { items } = await client.list(CAPI_CLUSTERS, { signal });
  return items.some(
    (one) => resumed.has(describeObject(one)) && one.metadata.annotations?.[PAUSED_FOR] !== work,
  );
}

async function awaitDefinitions({ client, backup, signal }: RestoreInput): Promise<void> {
  const missing = async () => {
    const { items } = await client.list({ ...CRD }, { signal });
    const served = new Set(
      items
        .filter((crd) => conditionOf(crd, 'Established')?.status === 'True')
        .map(({ metadata }) => metadata.name),
    );
    return backup.definitions.filter(({ metadata }) => !served.has(metadata.name));
  };
  await waitUntil({
    client,
    selections: [{ ...CRD, metadataOnly: true }],
    look: async () => ((await missing()).length === 0 ? true : undefined),
    timeoutMs: SERVED_MS,
    late: async () =>
      platformError('GATEWAY_KINDS_MISSING', {
        subject: 'gateway',
        detail: (await missing()).map(({ metadata }) => metadata.name).join(', '),
      }),
    signal,
  });
}

function asWanted({ work }: RestoreInput, object: KubeObject, uids: ReadonlyMap<string, string>): KubeObject {
  const wanted = fresh(object, ownersNow(object, uids));
  if (!isCluster(object)) return wanted;
  const { annotations } = wanted.metadata;
  const marks = { [RESTORED_FROM]: work, ...(staysPaused(object) ? {} : { [PAUSED_FOR]: work }) };
  const spec = { ...(isJsonObject(object.spec) ? object.spec : {}), paused: true };
  return { ...wanted, metadata: { ...wanted.metadata, annotations: { ...annotations, ...marks } }, spec };
}

/** As another cluster takes it: it gives a UID of its own, and status comes after. */
function fresh(
  { status: _status, metadata, ...object }: KubeObject,
  ownerReferences: readonly OwnerReference[],
): KubeObject {
  const { uid: _uid, managedFields: _managers, ownerReferences: _owners, ...rest } = metadata;
  const owners = ownerReferences.length === 0 ? {} : { ownerReferences };
  return { ...object, metadata: { ...rest, ...owners } };
}

async function ensure(
  client: RestoreInput['client'],
  object: KubeObject,
  signal: AbortSignal,
): Promise<{ there: KubeObject; isNew: boolean }> {
  const found = await client.get(object, { signal });
  if (found !== undefined) return { there: found, isNew: false };
  try {
    return { there: await client.create(object, { signal }), isNew: true };
  } catch (error) {
    // Somebody was faster, or the answer was lost.
    if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
    const there = await client.get(object, { signal });
    if (there === undefined) throw error;
    return { there, isNew: false };
  }
}

/** What no creating takes: who owns which field, and of kinds that nobody rebuilds it for, the status. */
async function restoreRest(
  client: RestoreInput['client'],
  object: KubeObject,
  there: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const { uid } = there.metadata;
  const { managedFields } = object.metadata;
  if (there.status === undefined && isJsonObject(object.status) && keepsStatus(object))
    await client.patch(
      there,
      { metadata: { uid }, status: object.status },
      { subresource: 'status', signal },
    );
  if (Array.isArray(managedFields) && managedFields.length > 0)
    await client.patch(there, { metadata: { uid, managedFields } }, { signal });
}

/** Cluster API's controllers rebuild what they say from what there is; addresses that were given out stay given. */
function keepsStatus({ apiVersion }: KubeObject): boolean {
  const group = groupOf(apiVersion);
  return group === INFRA_GROUP || group === 'ipam.cluster.x-k8s.io';
}
