import type { DatabaseSync } from 'node:sqlite';
import type { Digest } from '../../../content/digest.ts';
import type { BlobFiles } from '../../store/files/blob-files.ts';
import { inSlices } from '../../store/slices.ts';
import type { GcStore } from '../gc-store.ts';
import {
  digestReader,
  type FileTable,
  readFiles,
  readGraph,
  readRepository,
  repositoryNames,
} from '../mark/snapshot-reader.ts';
import { findLeftovers, findQuarantined, type Leftover } from '../sweep/leftovers.ts';
import { findUnheldFiles, type UnheldFile } from '../sweep/unheld-files.ts';
import { keepIn, type Policy } from './policy.ts';
import { planRepository, type RepositoryPlan, Scratch } from './repository-plan.ts';
import { RootFinder } from './root-finder.ts';
import type { Root } from './root-list.ts';

export interface PlanOptions extends Policy {
  readonly roots: readonly Root[];
}

/** What garbage collection would do, as of one moment. */
export interface GcPlan {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Those of which there is something to tell. */
  readonly repositories: readonly PricedPlan[];
  readonly unheld: readonly UnheldFile[];
  readonly leftovers: readonly Leftover[];
  readonly quarantined: readonly Leftover[];
  /** Roots that name nothing that is here. */
  readonly unknownRoots: number;
  /** Bytes that come back: of files whose last holder goes, of files without a holder, of what was left unfinished. */
  readonly bytes: number;
  /** Bytes that would come back as well if nothing were kept for now. */
  readonly waitingBytes: number;
}

export interface PricedPlan extends RepositoryPlan {
  /** Of files without a holder once this and the repositories before have lost what goes. */
  readonly bytes: number;
}

/** Plans on a snapshot, a few milliseconds at a time; writes nothing. */
export async function planGc(
  store: Pick<GcStore, 'folder' | 'files' | 'index' | 'pins' | 'clock'>,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<GcPlan> {
  const now = store.clock();
  const unheld = await findUnheldFiles(store, signal);
  const leftovers = await findLeftovers(store);
  const quarantined = await findQuarantined(store.folder);
  const snapshot = store.index.snapshot();
  try {
    const finder = new RootFinder(snapshot, options.roots);
    const plans = await planRepositories({ pins: store.pins, options, now, signal, snapshot, finder });
    const files = await inSlices(readFiles(snapshot), signal);
    const holders = new Holders(store.files, files, digestReader(snapshot));
    const repositories: PricedPlan[] = [];
    for (const plan of plans) repositories.push({ ...plan, bytes: await holders.leave(goingIn(plan)) });
    let waitingBytes = 0;
    for (const { waitingManifests, waitingBlobs } of plans)
      waitingBytes += await holders.leave([...waitingManifests, ...waitingBlobs]);
    const bytes = sum(repositories) + sum(unheld) + sum(leftovers);
    const unknownRoots = finder.unknown;
    return { now, repositories, unheld, leftovers, quarantined, unknownRoots, bytes, waitingBytes };
  } finally {
    snapshot.close();
  }
}

interface Planning {
  readonly pins: GcStore['pins'];
  readonly options: PlanOptions;
  readonly now: number;
  readonly signal: AbortSignal;
  readonly snapshot: DatabaseSync;
  readonly finder: RootFinder;
}

async function planRepositories(planning: Planning): Promise<RepositoryPlan[]> {
  const { pins, options, now, signal, snapshot, finder } = planning;
  const graph = await inSlices(readGraph(snapshot), signal);
  const scratch = new Scratch(graph);
  const held = pins.list();
  const find = snapshot.prepare('SELECT id FROM digests WHERE digest = ?');
  const idsInUse = (repository: string) =>
    new Map(
      [...(held.get(repository) ?? []), ...(held.get(undefined) ?? [])].flatMap(
        (digest): [number, number][] => {
          const id = find.get(digest)?.id;
          const left = Math.max(1, pins.remaining(repository, digest));
          return typeof id === 'number' ? [[id, now + left]] : [];
        },
      ),
    );
  const plans: RepositoryPlan[] = [];
  for (const name of repositoryNames(snapshot)) {
    const content = await inSlices(readRepository(snapshot, name), signal);
    const about = {
      now,
      keep: keepIn(options, name),
      roots: finder.rootsIn(name),
      everywhere: finder.everywhere,
      inUse: idsInUse(name),
    };
    const plan = await inSlices(planRepository(graph, content, about, scratch), signal);
    if (isWorthTelling(plan)) plans.push(plan);
  }
  return plans;
}

function isWorthTelling(plan: RepositoryPlan): boolean {
  const { unknown, manifests, blobs, waitingManifests, waitingBlobs } = plan;
  return [unknown, manifests, blobs, waitingManifests, waitingBlobs].some(({ length }) => length > 0);
}

function goingIn({ manifests, blobs }: RepositoryPlan): number[] {
  return [...manifests.map(({ id }) => id), ...blobs];
}

/** How many repositories still hold each file, as one after the other drops it. */
class Holders {
  readonly #blobs: Pick<BlobFiles, 'size'>;
  readonly #files: FileTable;
  readonly #digestOf: (id: number) => Digest | undefined;

  constructor(
    blobs: Pick<BlobFiles, 'size'>,
    files: FileTable,
    digestOf: (id: number) => Digest | undefined,
  ) {
    this.#blobs = blobs;
    this.#files = files;
    this.#digestOf = digestOf;
  }

  /** Bytes of the files whose last holder it was. */
  async leave(ids: readonly number[]): Promise<number> {
    const { links, sizes, present } = this.#files;
    let bytes = 0;
    for (const id of ids) {
      const left = (links[id] ?? 0) - 1;
      links[id] = left;
      if (left === 0) bytes += present[id] === 1 ? (sizes[id] ?? 0) : await this.#size(id);
    }
    return bytes;
  }

  // Not known to be good, but it may be there all the same.
  async #size(id: number): Promise<number> {
    const digest = this.#digestOf(id);
    return digest === undefined ? 0 : ((await this.#blobs.size(digest)) ?? 0);
  }
}

function sum(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((total, { bytes }) => total + bytes, 0);
}
