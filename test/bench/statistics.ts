/** One round: the same work done by both, one right after the other. Seconds. */
export interface Pair {
  readonly ours: number;
  readonly theirs: number;
}

export interface Comparison {
  readonly rounds: number;
  /** Medians, in seconds. */
  readonly ours: number;
  readonly theirs: number;
  /** How many times as fast we are: the median of the rounds' own ratios, so that a slow spell hits both sides alike. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
}

export function compare(pairs: readonly Pair[]): Comparison {
  const ratios = pairs.map(({ ours, theirs }) => theirs / ours);
  return {
    rounds: pairs.length,
    ours: median(pairs.map(({ ours }) => ours)),
    theirs: median(pairs.map(({ theirs }) => theirs)),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  };
}

/** The middle value, or the mean of the two middle ones; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const pair = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return pair.reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0) / 2;
}
