import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '../../../content/bytes/blob-file.ts';
import { onDisk } from '../../../content/bytes/disk-error.ts';
import { type CopyProgress, executeCopy } from '../../../content/copy/copy.ts';
import { type CopyPlan, mergePlans, planCopy } from '../../../content/copy/copy-plan.ts';
import { isDigest } from '../../../content/digest.ts';
import { isSkerryError } from '../../../content/error.ts';
import { openLayout } from '../../../content/layout/layout.ts';
import { closureOf, copyItems, type StoreOf } from '../../desired/carry/closure.ts';
import {
  type CarriedItem,
  CONTENT_FOLDER,
  clusterFile,
  readStick,
  STICK_FILE,
  type StickCluster,
  type StickIndex,
} from '../../desired/carry/stick.ts';
import type { ExportAnswer } from './export-answer.ts';
import { withoutHeld } from './missing.ts';

export interface Exported {
  readonly project: string;
  readonly cluster: string;
  readonly answer: ExportAnswer;
}

export interface StickOptions {
  readonly folder: string;
  /** Address of the hub, for people. */
  readonly hub: string;
  readonly storeOf: StoreOf;
  /** All content, also what the clusters should have. */
  readonly all: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

export interface StickResult {
  readonly bytesCopied: number;
  readonly bytesSkipped: number;
  readonly clusters: readonly StickCluster[];
}

/**
 * Writes clusters onto a stick: content first, then the messages, then the table of contents, so that a stick that was
 * pulled out early says nothing that is not on it. What is there already stays, other clusters too.
 */
export async function writeStick(exported: readonly Exported[], options: StickOptions): Promise<StickResult> {
  const { folder, signal, onProgress } = options;
  const before = await existing(folder);
  const parts: Part[] = [];
  for (const one of exported) parts.push(await partOf(one, options));
  const layout = await openLayout(join(folder, CONTENT_FOLDER), { create: true });
  let [bytesCopied, bytesSkipped] = [0, 0];
  const plans = parts.flatMap(({ plans }) => [...plans]);
  for (const [registry, some] of Map.groupBy(plans, ([name]) => name)) {
    const plan = mergePlans(some.map(([, each]) => each));
    const copied = await executeCopy(plan, options.storeOf(registry), layout, { signal, onProgress });
    bytesCopied += copied.bytesCopied;
    bytesSkipped += copied.bytesSkipped;
  }
  for (const [index, { project, cluster, answer }] of exported.entries()) {
    signal.throwIfAborted();
    const entry = parts[index]?.entry ?? { project, cluster };
    await write(folder, clusterFile(entry), answer.file);
  }
  const clusters = parts.map(({ entry }) => entry);
  await write(folder, STICK_FILE, indexOf(before, clusters, options));
  return { bytesCopied, bytesSkipped, clusters };
}

interface Part {
  readonly entry: StickCluster;
  /** By registry. */
  readonly plans: ReadonlyMap<string, CopyPlan>;
}

async function partOf({ project, cluster, answer }: Exported, options: StickOptions): Promise<Part> {
  const { storeOf, all, signal } = options;
  const items = await closureOf(answer.layers, storeOf, signal);
  const held = all ? [] : await closureOf(answer.held, storeOf, signal).catch(nothingHeld(signal));
  const plans = new Map<string, CopyPlan>();
  const absent = new Set<string>();
  for (const [registry, some] of Map.groupBy(items, (item) => item.registry)) {
    const plan = await planOf(registry, some, options);
    for (const { what, why } of plan.omissions) if (why === 'accepted') absent.add(what);
    const theirs = held.filter((item) => item.registry === registry);
    const known = await planOf(registry, theirs, options).catch(nothingPlanned(signal));
    plans.set(registry, withoutHeld(plan, known));
  }
  const { number } = answer;
  return { entry: { project, cluster, number, items, absent: [...absent].filter(isDigest) }, plans };
}

// The hub's own registry may hold images of its own platforms alone.
async function planOf(registry: string, items: readonly CarriedItem[], { storeOf, signal }: StickOptions) {
  return await planCopy(storeOf(registry), copyItems(items), { sparse: 'any', signal });
}

// What the hub's registry has no more of an earlier envelope counts as nothing that the site has.
function nothingHeld(signal: AbortSignal) {
  return (error: unknown): CarriedItem[] => {
    signal.throwIfAborted();
    if (!isGone(error)) throw error;
    return [];
  };
}

function nothingPlanned(signal: AbortSignal) {
  return (error: unknown): CopyPlan => {
    signal.throwIfAborted();
    if (!isGone(error)) throw error;
    return { manifests: [], blobs: [], bytes: 0, omissions: [] };
  };
}

function isGone(error: unknown): boolean {
  return ['PACK_NOT_FOUND', 'CONTENT_NOT_FOUND', 'PACK_UNREADABLE'].some((code) =>
    isSkerryError(error, code),
  );
}

function indexOf(
  before: StickIndex | undefined,
  clusters: readonly StickCluster[],
  { hub, now }: StickOptions,
): StickIndex {
  const files = new Set(clusters.map(clusterFile));
  const others = (before?.clusters ?? []).filter((entry) => !files.has(clusterFile(entry)));
  return { version: 1, at: now.toISOString(), hub, clusters: [...others, ...clusters] };
}

async function existing(folder: string): Promise<StickIndex | undefined> {
  return await readStick(folder).catch((error: unknown) => {
    // A new stick, or one that was never finished: what is of use on it is found by digest.
    if (isSkerryError(error, 'STICK_INVALID')) return undefined;
    throw error;
  });
}

async function write(folder: string, name: string, value: object): Promise<void> {
  const path = join(folder, name);
  await onDisk(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, Buffer.from(`${JSON.stringify(value)}\n`));
  });
}
