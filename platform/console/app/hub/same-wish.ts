/** What says whether somebody wants something else of an object; what agents report moves its version alone. */
export interface Wish {
  readonly uid: string;
  readonly generation: number;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Whether the same is asked for as it was, whatever became of it meanwhile. */
export function isSameWish(before: Wish, now: Wish): boolean {
  return before.uid === now.uid && before.generation === now.generation && sameLabels(before, now);
}

function sameLabels({ labels: before = {} }: Wish, { labels: now = {} }: Wish): boolean {
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys].every((key) => before[key] === now[key]);
}
