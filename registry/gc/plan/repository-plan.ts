import { PUSH_MS } from '../../store/push-time.ts';
import { type ContentGraph, targetsOf } from '../mark/content-graph.ts';
import { lastingCompanions } from '../mark/lasting-companions.ts';
import { findEdges, mark, type RepositoryEdges } from '../mark/mark.ts';
import { Marks } from '../mark/marks.ts';
import type { HeldManifest, RepositoryContent } from '../mark/repository-content.ts';
import { groupsOf } from './groups.ts';
import { type GracePeriod, gracePeriodOf, type Keep } from './policy.ts';

/** What garbage collection would do in one repository. Digests are numbers. */
export interface RepositoryPlan {
  readonly repository: string;
  /** Manifests whose references are unknown. Where there is one, nothing goes. */
  readonly unknown: readonly number[];
  readonly manifests: readonly GoingManifest[];
  /** The same in groups that go together. */
  readonly groups: readonly (readonly number[])[];
  readonly blobs: readonly number[];
  /** What is kept for now, and would go otherwise. */
  readonly waiting: readonly WaitingManifest[];
  /** Blobs of pushes that may still go on, likewise, and until when the last of them is kept. */
  readonly pushes: { readonly blobs: number; readonly until: number };
  /** All that is kept for now, with what that holds on to. */
  readonly waitingManifests: readonly number[];
  readonly waitingBlobs: readonly number[];
}

/** Why a manifest goes. */
export type Why =
  /** It, its tag or what held it was deleted by name. */
  | 'deleted'
  /** Its tag went to another manifest long enough ago. */
  | 'replaced'
  /** It never had a tag, and nothing names it. */
  | 'never-tagged'
  /** An index over it goes. */
  | 'part'
  /** What it refers to goes. */
  | 'referrer';

export interface GoingManifest extends HeldManifest {
  readonly why: Why;
  /** Companion's tags, which go with it. */
  readonly tags: readonly string[];
}

export interface WaitingManifest extends HeldManifest, GracePeriod {}

export interface Circumstances {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly keep: Keep;
  /** What must stay: in this repository, and everywhere. */
  readonly roots: readonly number[];
  readonly everywhere: ReadonlySet<number>;
  /** What clients have pinned just now, and until when. */
  readonly inUse: ReadonlyMap<number, number>;
}

/** Sets that are used for one repository after the other. */
export class Scratch {
  readonly members: Marks;
  readonly held: Marks;
  readonly kept: Marks;

  constructor({ largest }: ContentGraph) {
    this.members = new Marks(largest);
    this.held = new Marks(largest);
    this.kept = new Marks(largest);
  }
}

const STEPS = 200;

/** Decides what of a repository goes. Pure but for `scratch`; yields now and then. */
export function* planRepository(
  graph: ContentGraph,
  content: RepositoryContent,
  about: Circumstances,
  scratch: Scratch,
): Generator<undefined, RepositoryPlan> {
  const { held, kept } = scratch;
  const unknown = content.manifests.flatMap(({ id }) => (graph.known[id] === 1 ? [] : [id]));
  if (unknown.length > 0) return { ...nothing(content.name), unknown };
  const edges = yield* findEdges(graph, content, scratch.members);
  held.clear();
  yield* mark(graph, edges, lastingRoots(content, about, edges), { marks: held });
  yield* mark(graph, edges, yield* lastingCompanions(graph, edges, held), { marks: held });
  const waiting = yield* findWaiting(content, about, edges, held);
  kept.clear();
  yield* mark(graph, edges, graceRoots(content, about, waiting), { marks: kept, known: held });
  const isGoing = (id: number) => !held.has(id) && !kept.has(id);
  const going = content.manifests.filter(({ id }) => isGoing(id));
  yield;
  const blobs = yield* select(content.blobs.ids, isGoing);
  const waitingBlobs = yield* select(content.blobs.ids, (id) => kept.has(id));
  return {
    repository: content.name,
    unknown,
    manifests: yield* explain(graph, content, going),
    groups: yield* groupsOf(
      graph,
      going.map(({ id }) => id),
      content.companions,
    ),
    blobs,
    waiting,
    pushes: yield* findPushes(content, about.now, held),
    waitingManifests: content.manifests.flatMap(({ id }) => (kept.has(id) ? [id] : [])),
    waitingBlobs,
  };
}

function nothing(repository: string): RepositoryPlan {
  return {
    repository,
    unknown: [],
    manifests: [],
    groups: [],
    blobs: [],
    waiting: [],
    pushes: { blobs: 0, until: 0 },
    waitingManifests: [],
    waitingBlobs: [],
  };
}

// Tags, what the caller said must stay, and companions of what is not here: it may come back.
function* lastingRoots(
  { tagged, companions, manifests, blobs }: RepositoryContent,
  { roots, everywhere }: Circumstances,
  { referrers }: RepositoryEdges,
): Generator<number> {
  yield* tagged;
  yield* roots;
  for (const { subject, manifest } of companions) if (subject === 0) yield manifest;
  if (everywhere.size === 0) return;
  for (const { id } of manifests) if (everywhere.has(id)) yield id;
  for (const id of blobs.ids) if (everywhere.has(id)) yield id;
  for (const id of referrers.keys()) if (everywhere.has(id)) yield id;
}

// A companion has no time of its own: it goes with what it belongs to.
function* findWaiting(
  { manifests }: RepositoryContent,
  { now, keep, inUse }: Circumstances,
  { companions }: RepositoryEdges,
  held: Marks,
): Generator<undefined, WaitingManifest[]> {
  const belonging = new Set([...companions.values()].flat());
  const waiting: WaitingManifest[] = [];
  let steps = 0;
  for (const manifest of manifests) {
    if (++steps % STEPS === 0) yield;
    if (held.has(manifest.id)) continue;
    const grace = belonging.has(manifest.id) ? undefined : gracePeriodOf(manifest, keep);
    const asked = inUse.get(manifest.id) ?? 0;
    if (grace !== undefined && grace.until > now && grace.until >= asked)
      waiting.push({ ...manifest, ...grace });
    else if (asked > now) waiting.push({ ...manifest, until: asked, reason: 'in-use' });
  }
  return waiting;
}

// A companion that is in use now must not lose what it belongs to: once that is gone, it would stay for ever.
function* graceRoots(
  { blobs, companions }: RepositoryContent,
  { now, inUse }: Circumstances,
  waiting: readonly WaitingManifest[],
): Generator<number> {
  for (const { id } of waiting) yield id;
  for (const { manifest, subject } of companions) if (subject !== 0 && inUse.has(manifest)) yield subject;
  for (const [index, id] of blobs.ids.entries()) if (isPushed(blobs, index, now) || inUse.has(id)) yield id;
}

function isPushed({ at, used }: RepositoryContent['blobs'], index: number, now: number): boolean {
  return used[index] === 0 && (at[index] ?? 0) + PUSH_MS > now;
}

function* findPushes(
  { blobs }: RepositoryContent,
  now: number,
  held: Marks,
): Generator<undefined, RepositoryPlan['pushes']> {
  const found = { blobs: 0, until: 0 };
  for (const [index, id] of blobs.ids.entries()) {
    if (index % STEPS === 0) yield;
    if (!isPushed(blobs, index, now) || held.has(id)) continue;
    found.blobs++;
    found.until = Math.max(found.until, (blobs.at[index] ?? 0) + PUSH_MS);
  }
  return found;
}

function* select(ids: Int32Array, wanted: (id: number) => boolean): Generator<undefined, number[]> {
  const selected: number[] = [];
  for (const [index, id] of ids.entries()) {
    if (wanted(id)) selected.push(id);
    if (index % STEPS === 0) yield;
  }
  return selected;
}

function* explain(
  graph: ContentGraph,
  { companions }: RepositoryContent,
  going: readonly HeldManifest[],
): Generator<undefined, GoingManifest[]> {
  const ids = new Set(going.map(({ id }) => id));
  const tags = Map.groupBy(
    companions.filter(({ manifest }) => ids.has(manifest)),
    ({ manifest }) => manifest,
  );
  const parts = new Set<number>();
  for (const { id } of going) {
    for (const target of targetsOf(graph, id)) if (ids.has(target)) parts.add(target);
    yield;
  }
  const whyOf = ({ id, released }: HeldManifest): Why => {
    if (tags.has(id) || ids.has(graph.subjects[id] ?? 0)) return 'referrer';
    if (parts.has(id)) return 'part';
    if (released === 0) return 'deleted';
    return released === null ? 'never-tagged' : 'replaced';
  };
  return going.map((manifest) => ({
    ...manifest,
    why: whyOf(manifest),
    tags: (tags.get(manifest.id) ?? []).map(({ tag }) => tag),
  }));
}
