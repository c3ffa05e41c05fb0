import { readdir } from 'node:fs/promises';
import { messageOf } from '../../content/error.ts';
import { registryError } from '../errors.ts';
import { LOST_LINES } from '../store/recovery.ts';
import type { ServedStore } from '../store/served-store.ts';
import type { GcEvent } from './gc-event.ts';
import type { GcStore } from './gc-store.ts';
import { digestReader } from './mark/snapshot-reader.ts';
import { type GcPlan, type PlanOptions, planGc } from './plan/gc-plan.ts';
import { planEvents } from './plan/plan-events.ts';
import { compactLog } from './sweep/compact-log.ts';
import { dropEmptyRows } from './sweep/empty-rows.ts';
import { removeLeftovers } from './sweep/leftovers.ts';
import { Sweep } from './sweep/sweep.ts';

export interface GcOptions extends PlanOptions {
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
  options: GcOptions,
  signal: AbortSignal,
): AsyncGenerator<GcEvent> {
  await refuseIncomplete(store.folder);
  if (options.plan) {
    yield* planEvents(await planGc(store, options, signal), digestReader(store.index.database), options);
    return;
  }
  if (running.has(store)) throw registryError('REGISTRY_COLLECTION_RUNNING', { subject: store.folder });
  running.add(store);
  try {
    await store.trimBallast();
    const plan = await planGc(store, options, signal);
    yield* planEvents(plan, digestReader(store.index.database), options);
    yield* carryOut(store, plan, options, signal);
  } finally {
    running.delete(store);
  }
}

const running = new WeakSet<ServedStore>();

// A tag whose line was lost would make its image garbage.
async function refuseIncomplete(folder: string): Promise<void> {
  const copies = (await readdir(folder)).filter((name) =>
    name.startsWith(`registry.log.damaged-${LOST_LINES}`),
  );
  if (copies.length > 0)
    throw registryError('REGISTRY_LOG_INCOMPLETE', { subject: folder, detail: copies.join(', ') });
}

async function* carryOut(
  store: GcStore,
  plan: GcPlan,
  options: GcOptions,
  signal: AbortSignal,
): AsyncGenerator<GcEvent> {
  const { index } = store;
  const sweep = new Sweep(store, options, plan.now, signal);
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
  if (manifests + blobs + files > 0) await dropEmptyRows(store, signal);
  bytes += sweep.swept.bytes;
  yield { type: 'done', manifests, blobs, files, bytes, ...(await tidyLog(store)) };
}

// The garbage is gone already: a log that is longer than it has to be does no harm.
async function tidyLog(store: GcStore) {
  try {
    const log = await compactLog(store);
    return log === undefined ? {} : { log };
  } catch (error) {
    return { logFailure: messageOf(error) };
  }
}
