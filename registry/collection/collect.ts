import { readdir } from 'node:fs/promises';
import { messageOf } from '../../content/error.ts';
import { registryError } from '../errors.ts';
import { LOST_LINES } from '../served/recovery.ts';
import type { ServedStore, ServedStoreParts } from '../served/served-store.ts';
import { type CollectionPlan, type PlanOptions, planCollection } from './collection-plan.ts';
import { compactLog } from './compact-log.ts';
import { dropEmptyRows } from './empty-rows.ts';
import type { GcEvent } from './gc-event.ts';
import { removeLeftovers } from './leftovers.ts';
import { planEvents } from './plan-events.ts';
import { digestReader } from './snapshot-reader.ts';
import { Sweep } from './sweep.ts';

export interface CollectOptions extends PlanOptions {
  /** Only says what would go. */
  readonly plan: boolean;
  /** Rotten files that were put aside go as well. */
  readonly quarantine: boolean;
}

/**
 * Collects the garbage of a store while that is served: says what goes, then does it. What tags, indexes, subjects,
 * referrers, roots, rules, running pushes and clients hold on to stays. It may be ended at any time, and throws DISK_FULL,
 * REGISTRY_LOG_INCOMPLETE, REGISTRY_COLLECTION_RUNNING: what is gone by then was garbage, and all else is as it was.
 */
export async function* collectGarbage(
  store: ServedStore,
  options: CollectOptions,
  signal: AbortSignal,
): AsyncGenerator<GcEvent> {
  const { parts } = store;
  await refuseIncomplete(parts);
  if (options.plan) {
    yield* planEvents(
      await planCollection(parts, options, signal),
      digestReader(parts.index.database),
      options,
    );
    return;
  }
  if (running.has(store)) throw registryError('REGISTRY_COLLECTION_RUNNING', { subject: parts.folder });
  running.add(store);
  try {
    await parts.ballast.trim();
    const plan = await planCollection(parts, options, signal);
    yield* planEvents(plan, digestReader(parts.index.database), options);
    yield* carryOut(parts, plan, options, signal);
  } finally {
    running.delete(store);
  }
}

const running = new WeakSet<ServedStore>();

// A tag whose line was lost would make its image garbage.
async function refuseIncomplete({ folder }: ServedStoreParts): Promise<void> {
  const copies = (await readdir(folder)).filter((name) =>
    name.startsWith(`registry.log.damaged-${LOST_LINES}`),
  );
  if (copies.length > 0)
    throw registryError('REGISTRY_LOG_INCOMPLETE', { subject: folder, detail: copies.join(', ') });
}

async function* carryOut(
  parts: ServedStoreParts,
  plan: CollectionPlan,
  options: CollectOptions,
  signal: AbortSignal,
): AsyncGenerator<GcEvent> {
  const { index } = parts;
  const sweep = new Sweep(parts, options, plan.now, signal);
  const digestOf = digestReader(index.database);
  // First what needs no line in the log: on a full disk there may be no room for one yet.
  let bytes = await removeLeftovers([...plan.leftovers, ...(options.quarantine ? plan.quarantined : [])]);
  await sweep.files(plan.unheld.map(({ digest }) => digest));
  for (const repository of plan.repositories)
    for await (const _ of sweep.repository(repository, digestOf)) {
      const { manifests, blobs, bytes: swept } = sweep.swept;
      yield { type: 'progress', manifests, blobs, bytes: bytes + swept };
    }
  const { manifests, blobs, files } = sweep.swept;
  if (manifests + blobs + files > 0) await dropEmptyRows(parts, signal);
  bytes += sweep.swept.bytes;
  yield { type: 'done', manifests, blobs, files, bytes, ...(await tidyLog(parts)) };
}

// The garbage is gone already: a log that is longer than it has to be does no harm.
async function tidyLog(parts: ServedStoreParts) {
  try {
    const log = await compactLog(parts);
    return log === undefined ? {} : { log };
  } catch (error) {
    return { logFailure: messageOf(error) };
  }
}
