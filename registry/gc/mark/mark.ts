import { type ContentGraph, targetsOf } from './content-graph.ts';
import { forEachHeld, type Holdings } from './held-by.ts';
import type { Marks } from './marks.ts';
import type { RepositoryContent } from './repository-content.ts';

/** Extra edges within a repository that marking follows besides what manifests name: referrers, and tags of cosign. */
export interface RepositoryEdges {
  /** Manifests that the repository holds; nothing is held on to by others. */
  readonly members: Marks;
  readonly referrers: ReadonlyMap<number, readonly number[]>;
  readonly companions: ReadonlyMap<number, readonly number[]>;
}

const STEPS = 200;

/** Fills `members` from scratch. Yields now and then. */
export function* findEdges(
  graph: ContentGraph,
  { manifests, companions }: RepositoryContent,
  members: Marks,
): Generator<undefined, RepositoryEdges> {
  members.clear();
  const referrers = new Map<number, number[]>();
  let steps = 0;
  for (const { id } of manifests) {
    members.add(id);
    const subject = graph.subjects[id] ?? 0;
    if (subject !== 0) addTo(referrers, subject, id);
    if (++steps % STEPS === 0) yield;
  }
  const bySubject = new Map<number, number[]>();
  for (const { subject, manifest } of companions) if (subject !== 0) addTo(bySubject, subject, manifest);
  return { members, referrers, companions: bySubject };
}

/**
 * Marks all that `roots` hold on to in a repository (forEachHeld), and the roots. What is in `known` has been marked
 * before, with all that it leads to. Yields now and then.
 */
export function* mark(
  graph: ContentGraph,
  edges: RepositoryEdges,
  roots: Iterable<number>,
  { marks, known }: { readonly marks: Marks; readonly known?: Marks },
): Generator<undefined, void> {
  const holdings = holdingsOf(graph, edges);
  const queue: number[] = [];
  const reach = (id: number) => {
    if (known?.has(id) !== true && marks.add(id)) queue.push(id);
  };
  let steps = 0;
  for (const root of roots) {
    reach(root);
    if (++steps % STEPS === 0) yield;
  }
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    forEachHeld(holdings, id, reach);
    if (++steps % STEPS === 0) yield;
  }
}

const NONE: readonly number[] = [];

function holdingsOf(graph: ContentGraph, { members, referrers, companions }: RepositoryEdges): Holdings {
  return {
    isHere: (id) => members.has(id),
    targets: (id) => targetsOf(graph, id),
    subject: (id) => graph.subjects[id] ?? 0,
    referrers: (id) => referrers.get(id) ?? NONE,
    companions: (id) => companions.get(id) ?? NONE,
  };
}

function addTo(map: Map<number, number[]>, key: number, value: number): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
