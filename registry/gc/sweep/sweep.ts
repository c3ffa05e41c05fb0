import type { Digest } from '../../../content/digest.ts';
import type { Change } from '../../store/log/change.ts';
import type { AppendNow } from '../../store/log/change-log.ts';
import { inSlices } from '../../store/slices.ts';
import type { GcStore } from '../gc-store.ts';
import { type Keep, keepIn, type Policy } from '../plan/policy.ts';
import type { RepositoryPlan } from '../plan/repository-plan.ts';
import { type Dropping, droppableBlobs, droppableManifests } from './droppable.ts';
import { freeFiles } from './free-files.ts';
import { LiveChecks } from './live-checks.ts';

type SweptStore = Omit<GcStore, 'folder'>;

/** What was taken so far. */
export interface Swept {
  readonly manifests: number;
  readonly blobs: number;
  /** Files that are gone, and their bytes. */
  readonly files: number;
  readonly bytes: number;
}

/** Digests that are taken from a repository at once, roughly. */
const BATCH = 100;
/** Changes that become true together. A larger group is taken in several such steps, with nothing in between. */
const MAX_CHANGES = 400;
/** Clients that keep asking for what is about to go. */
const ATTEMPTS = 5;

/**
 * Takes from the repositories what was planned and is still held by nothing, and removes the files that no repository holds any
 * more. What is asked about a batch is asked while the log can't grow, and pins are checked again when the
 * lines are durable and not applied yet: a client that learned that something is here finds it here. The order is log,
 * index, file, so a crash leaves garbage and never a hole. Throws DISK_FULL; what was taken is taken, the rest is as it was.
 */
export class Sweep {
  readonly #store: SweptStore;
  readonly #policy: Policy;
  readonly #now: number;
  readonly #signal: AbortSignal;
  readonly #checks: LiveChecks;
  #swept: Swept = { manifests: 0, blobs: 0, files: 0, bytes: 0 };

  /** `now` in milliseconds since 1970, as in the plan. */
  constructor(store: SweptStore, policy: Policy, now: number, signal: AbortSignal) {
    this.#store = store;
    this.#policy = policy;
    this.#now = now;
    this.#signal = signal;
    this.#checks = new LiveChecks(store.index.database);
  }

  get swept(): Swept {
    return this.#swept;
  }

  /** Yields after each batch. Blobs come after the manifests that name them. */
  async *repository(
    plan: RepositoryPlan,
    digestOf: (id: number) => Digest | undefined,
  ): AsyncGenerator<void> {
    const { repository, groups, blobs } = plan;
    const keep = keepIn(this.#policy, repository);
    for (const ids of batches(groups)) {
      const gone = await this.#drop('drop-manifest', repository, keep, candidates(ids, digestOf));
      this.#count({ manifests: gone.length });
      await this.#free(gone);
      yield;
    }
    for (const ids of batches(blobs.map((id) => [id]))) {
      const gone = await this.#drop('drop-blob', repository, keep, candidates(ids, digestOf));
      this.#count({ blobs: gone.length });
      await this.#free(gone);
      yield;
    }
  }

  /** Removes files that no repository holds. */
  async files(digests: readonly Digest[]): Promise<void> {
    await this.#free(digests);
  }

  async #drop(
    op: 'drop-manifest' | 'drop-blob',
    name: string,
    keep: Keep,
    candidates: ReadonlyMap<number, Digest>,
  ): Promise<Digest[]> {
    this.#signal.throwIfAborted();
    const decide = op === 'drop-manifest' ? droppableManifests : droppableBlobs;
    return await this.#store.log.exclusively(async (append) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const repository = this.#checks.repositoryId(name);
        if (repository === undefined) return [];
        const about = this.#about(repository, name, keep);
        const going = await inSlices(decide(about, candidates), this.#signal);
        const done = await this.#append(append, op, name, this.#inOrder(repository, going));
        if (done !== undefined) return done;
      }
      return [];
    });
  }

  // Undefined when a client has meanwhile pinned what was to go.
  async #append(
    append: AppendNow,
    op: 'drop-manifest' | 'drop-blob',
    repository: string,
    digests: readonly Digest[],
  ): Promise<Digest[] | undefined> {
    const done: Digest[] = [];
    const { pins, clock } = this.#store;
    for (let from = 0; from < digests.length; from += MAX_CHANGES) {
      const part = digests.slice(from, from + MAX_CHANGES);
      const changes = part.map((digest) => changeOf(op, repository, digest, clock()));
      const confirmed = await append(
        { changes },
        () => !part.some((digest) => pins.isPinned(repository, digest)),
      );
      if (confirmed) done.push(...part);
      else if (done.length === 0) return undefined;
      else return done;
    }
    return done;
  }

  // What has a tag is a companion of another manifest. Were a crash to leave one without what it belongs to, it would stay for ever.
  #inOrder(repository: number, going: ReadonlyMap<number, Digest>): Digest[] {
    if (going.size <= MAX_CHANGES) return [...going.values()];
    const isTagged = ([id]: [number, Digest]) => this.#checks.tags(repository, id).length > 0;
    const { true: first = [], false: rest = [] } = Object.groupBy(going, (entry) => `${isTagged(entry)}`);
    return [...first, ...rest].map(([, digest]) => digest);
  }

  #about(repository: number, name: string, keep: Keep): Dropping {
    const { pins } = this.#store;
    return {
      checks: this.#checks,
      repository,
      keep,
      now: this.#now,
      isInUse: (digest) => pins.isPinned(name, digest),
    };
  }

  async #free(digests: readonly Digest[]): Promise<void> {
    for (let from = 0; from < digests.length; from += BATCH)
      this.#count(await freeFiles(this.#store, digests.slice(from, from + BATCH), this.#signal));
  }

  #count({ manifests = 0, blobs = 0, files = 0, bytes = 0 }: Partial<Swept>): void {
    this.#swept = {
      manifests: this.#swept.manifests + manifests,
      blobs: this.#swept.blobs + blobs,
      files: this.#swept.files + files,
      bytes: this.#swept.bytes + bytes,
    };
  }
}

function changeOf(op: 'drop-manifest' | 'drop-blob', repository: string, digest: Digest, at: number): Change {
  return op === 'drop-blob'
    ? { op, repository, digest, at }
    : { op, repository, digest, at, collected: true };
}

/** Whole groups, as many as make a batch. */
function* batches(groups: readonly (readonly number[])[]): Generator<number[]> {
  let batch: number[] = [];
  for (const group of groups) {
    if (batch.length > 0 && batch.length + group.length > BATCH) {
      yield batch;
      batch = [];
    }
    batch = batch.concat(group);
  }
  if (batch.length > 0) yield batch;
}

function candidates(
  ids: readonly number[],
  digestOf: (id: number) => Digest | undefined,
): Map<number, Digest> {
  return new Map(
    ids.flatMap((id) => {
      const digest = digestOf(id);
      return digest === undefined ? [] : [[id, digest]];
    }),
  );
}
