/** One round: the same work done in two ways, one right after the other. Seconds. */
export interface Pair {
  readonly own: number;
  readonly baseline: number;
}

export interface Comparison {
  readonly rounds: number;
  /** Medians, in seconds. */
  readonly own: number;
  readonly baseline: number;
  /** How many times as fast it is: the median of the rounds' own ratios, as a slow spell hits both sides of a round. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
}

export function compare(pairs: readonly Pair[]): Comparison {
  const ratios = pairs.map(({ own, baseline }) => baseline / own);
  return {
    rounds: pairs.length,
    own: median(pairs.map(({ own }) => own)),
    baseline: median(pairs.map(({ baseline }) => baseline)),
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
