import { isSkerryError } from '../../content/error.ts';
import type { CallOptions, KubeClient } from '../client/client.ts';
import { applyError } from '../errors.ts';
import { textAt } from '../json.ts';
import { formatId, type KubeObject, type ObjectId, parseId } from '../object.ts';

/** The ConfigMap in which it is written down what was applied. */
export interface InventoryName {
  readonly name: string;
  readonly namespace: string;
}

type Client = Pick<KubeClient, 'get' | 'create' | 'replace'>;

/** How often a write is tried when others write at the same time. */
const ATTEMPTS = 5;

/** What was applied and not deleted since, in lexical order. Empty where there is no inventory yet. */
export async function readInventory(
  client: Client,
  inventory: InventoryName,
  options: CallOptions = {},
): Promise<ObjectId[]> {
  return idsOf(await client.get(reference(inventory), options));
}

/** Adds objects; never takes any away. Throws OBJECT_CHANGED when others write all the time. */
export async function recordInInventory(
  client: Client,
  inventory: InventoryName,
  added: readonly ObjectId[],
  options: CallOptions = {},
): Promise<void> {
  await change(client, inventory, (ids) => new Set([...ids, ...added.map(formatId)]), options);
}

/** Takes away objects that were deleted. */
export async function forgetInInventory(
  client: Client,
  inventory: InventoryName,
  deleted: readonly ObjectId[],
  options: CallOptions = {},
): Promise<void> {
  await change(client, inventory, (ids) => without(ids, new Set(deleted.map(formatId))), options);
}

async function change(
  client: Client,
  inventory: InventoryName,
  edit: (ids: Set<string>) => Set<string>,
  options: CallOptions,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const before = await client.get(reference(inventory), options);
    const ids = new Set(idsOf(before).map(formatId));
    const edited = edit(ids);
    if (edited.size === ids.size && [...edited].every((id) => ids.has(id))) return;
    const after = inventoryObject(inventory, edited, before?.metadata.resourceVersion);
    try {
      // Not by server-side apply: whoever writes second must notice that it read too early.
      await (before === undefined ? client.create(after, options) : client.replace(after, options));
      return;
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED') || tries >= ATTEMPTS) throw error;
    }
  }
}

function without(ids: Set<string>, gone: Set<string>): Set<string> {
  return new Set([...ids].filter((id) => !gone.has(id)));
}

function inventoryObject(
  { name, namespace }: InventoryName,
  ids: Set<string>,
  resourceVersion: string | undefined,
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'skerry', 'app.kubernetes.io/component': 'inventory' },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    data: {
      objects: [...ids]
        .sort()
        .map((id) => `${id}\n`)
        .join(''),
    },
  };
}

function idsOf(object: KubeObject | undefined): ObjectId[] {
  const text = textAt(object, 'data', 'objects') ?? '';
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const id = parseId(line);
    if (id !== undefined) return id;
    // Better to stop than to lose sight of what was applied.
    throw applyError('MANIFESTS_UNREADABLE', { subject: `inventory ${object?.metadata.name}`, detail: line });
  });
}

function reference({ name, namespace }: InventoryName) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
}
