import { type ContentGraph, targetsOf } from '../mark/content-graph.ts';
import type { Companion } from '../mark/repository-content.ts';

const STEPS = 200;

/**
 * Parts manifests into groups that have nothing to do with each other: an index with what is below it, an image with its
 * referrers and companions. Groups go one at a time, each at once, so that no client ever finds half of one.
 */
export function* groupsOf(
  graph: ContentGraph,
  ids: readonly number[],
  companions: readonly Companion[],
): Generator<undefined, number[][]> {
  const union = new Union();
  let steps = 0;
  for (const id of ids) {
    union.find(id);
    const subject = graph.subjects[id] ?? 0;
    // Also one that is not here: what refers to it belongs together.
    if (subject !== 0) union.join(id, subject);
    if (++steps % STEPS === 0) yield;
  }
  for (const id of ids) {
    for (const target of targetsOf(graph, id)) if (union.has(target)) union.join(id, target);
    if (++steps % STEPS === 0) yield;
  }
  for (const { manifest, subject } of companions)
    if (union.has(manifest) && union.has(subject)) union.join(manifest, subject);
  yield;
  return [...Map.groupBy(ids, (id) => union.find(id)).values()];
}

class Union {
  readonly #parents = new Map<number, number>();

  has(id: number): boolean {
    return this.#parents.has(id);
  }

  find(id: number): number {
    let root = id;
    for (let parent = this.#parents.get(root); parent !== undefined && parent !== root; ) {
      root = parent;
      parent = this.#parents.get(root);
    }
    // Next time the way is short.
    for (let at = id; at !== root; ) {
      const parent = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = parent;
    }
    this.#parents.set(root, root);
    return root;
  }

  join(a: number, b: number): void {
    this.#parents.set(this.find(a), this.find(b));
  }
}
