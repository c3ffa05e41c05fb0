/** What says whether somebody wants something else of an object; what agents report moves its version alone. */
export interface Wish {
  readonly uid: string;
  readonly generation?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Whether the same is asked for as it was, whatever became of it meanwhile. */
export function isSameWish(before: Wish, now: Wish): boolean {
  if (before.generation === undefined || before.uid !== now.uid) return false;
  return before.generation === now.generation && sameLabels(before, now);
}

function sameLabels({ labels: before = {} }: Wish, { labels: now = {} }: Wish): boolean {
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys].every((key) => before[key] === now[key]);
}
