import { type ContentGraph, targetsOf } from './content-graph.ts';
import type { RepositoryEdges } from './mark.ts';
import type { Marks } from './marks.ts';

const STEPS = 200;

/**
 * Companions that what they belong to hangs on in turn: a manifest under the tag of its own digest, an index under that of
 * one of its parts, two that have each other's tag. Nothing says which would be the first to go, so these tags are tags
 * like any other. Looked for among what is not `held`. Yields now and then.
 */
export function* lastingCompanions(
  graph: ContentGraph,
  edges: RepositoryEdges,
  held: Marks,
): Generator<undefined, number[]> {
  const subjects = new Map<number, Set<number>>();
  for (const [subject, companions] of edges.companions)
    for (const companion of companions)
      if (!held.has(companion)) subjects.set(companion, (subjects.get(companion) ?? new Set()).add(subject));
  const found: number[] = [];
  for (const [companion, wanted] of subjects) {
    yield;
    if (yield* leadsTo(graph, edges, companion, wanted)) found.push(companion);
  }
  return found;
}

// By what manifests name and by companions' tags. Not by a subject: a list of an image's referrers leads to the image.
function* leadsTo(
  graph: ContentGraph,
  { members, companions }: RepositoryEdges,
  from: number,
  wanted: ReadonlySet<number>,
): Generator<undefined, boolean> {
  const seen = new Set([from]);
  const queue = [from];
  let steps = 0;
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (wanted.has(id)) return true;
    if (++steps % STEPS === 0) yield;
    for (const next of [...targetsOf(graph, id), ...(companions.get(id) ?? [])]) {
      if (seen.has(next) || !members.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return false;
}
