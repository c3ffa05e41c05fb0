/**
 * What manifests say, in whichever repository: digests are the numbers that the index gives them, and 0 is none. Plain arrays,
 * so that a hundred thousand manifests with a million edges fit in a few megabytes.
 */
export interface ContentGraph {
  /** The largest number of a digest. */
  readonly largest: number;
  /** What manifest `id` names (config, layers, manifests below an index) is `targets` from `starts[id]` to `starts[id + 1]`. */
  readonly starts: Int32Array;
  readonly targets: Int32Array;
  readonly subjects: Int32Array;
  /** 1 where it is known what a manifest holds on to. */
  readonly known: Uint8Array;
}

export function targetsOf({ starts, targets }: ContentGraph, id: number): Int32Array {
  return targets.subarray(starts[id] ?? 0, starts[id + 1] ?? 0);
}
