import type { KubeClient } from '../client/client.ts';
import { type Clock, systemClock } from '../clock.ts';
import { applyError } from '../errors.ts';
import { formatId, type ObjectId } from '../object.ts';
import { forgetInInventory, type InventoryName } from './inventory.ts';
import { inApplyOrder } from './kind-order.ts';

export interface DeleteInput {
  readonly client: KubeClient;
  /** Just these. */
  readonly ids: readonly ObjectId[];
  readonly inventory: InventoryName;
  readonly dryRun?: boolean | undefined;
  /** How long to wait until all are gone, in milliseconds; 0 doesn't wait. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  readonly onDeleted?: ((deleted: Deleted) => void) | undefined;
}

export interface Deleted {
  readonly id: ObjectId;
  readonly action: 'deleted' | 'absent';
}

const POLL_MS = 500;

/**
 * Deletes the objects that are named, in the opposite order of applying, waits until they are gone and takes them out
 * of the inventory. Throws HEALTH_TIMEOUT when finalizers keep some of them.
 */
export async function deleteObjects(input: DeleteInput): Promise<Deleted[]> {
  const { client, inventory, dryRun, signal } = input;
  const results: Deleted[] = [];
  for (const id of inApplyOrder(input.ids).reverse()) {
    const action = (await deleteOne(input, id)) ? 'deleted' : 'absent';
    input.onDeleted?.({ id, action });
    results.push({ id, action });
  }
  if (dryRun === true) return results;
  await waitGone(input);
  await forgetInInventory(client, inventory, input.ids, { signal });
  return results;
}

async function deleteOne({ client, dryRun, signal }: DeleteInput, id: ObjectId): Promise<boolean> {
  const found = await find(client, id, signal);
  if (found === undefined) return false;
  // Bound to what was just seen: if somebody replaces it in this moment, the new one stays.
  return client.delete(found, { uid: found.metadata.uid, dryRun, signal });
}

async function waitGone({ client, ids, timeoutMs, signal, clock = systemClock }: DeleteInput): Promise<void> {
  if (timeoutMs === 0) return;
  const deadline = clock.now() + timeoutMs;
  for (const id of ids) {
    for (;;) {
      const found = await find(client, id, signal);
      if (found === undefined) break;
      if (clock.now() >= deadline) {
        const finalizers = found.metadata.finalizers;
        const detail = Array.isArray(finalizers) ? `kept by ${finalizers.join(', ')}` : 'still there';
        throw applyError('HEALTH_TIMEOUT', { subject: formatId(id), detail });
      }
      await clock.sleep(POLL_MS, signal);
    }
  }
}

// A kind that is no longer served has no objects any more: its CRD went before.
async function find(
  client: KubeClient,
  { group, kind, name, namespace }: ObjectId,
  signal: AbortSignal | undefined,
) {
  const apiVersion = await client.servedVersion(group, kind, { signal });
  return apiVersion === undefined
    ? undefined
    : client.get({ apiVersion, kind, metadata: { name, namespace } }, { signal });
}
