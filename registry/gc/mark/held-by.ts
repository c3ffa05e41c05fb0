/** What a repository says of manifests by number: as it was when it was read, or as it is at this moment. */
export interface Holdings {
  /** Whether the repository holds it: what is not here names nothing. */
  isHere(id: number): boolean;
  /** What it names: config, layers, manifests below an index. */
  targets(id: number): Iterable<number>;
  /** 0 when it has none. */
  subject(id: number): number;
  referrers(id: number): Iterable<number>;
  /** Manifests under the tags that belong to it. */
  companions(id: number): Iterable<number>;
}

/**
 * The one rule of what stays because something else does: what a manifest names, its subject, its referrers (also where
 * it is not here itself) and its companions.
 */
export function forEachHeld(holdings: Holdings, id: number, reach: (id: number) => void): void {
  for (const referrer of holdings.referrers(id)) reach(referrer);
  for (const companion of holdings.companions(id)) reach(companion);
  if (!holdings.isHere(id)) return;
  for (const target of holdings.targets(id)) reach(target);
  const subject = holdings.subject(id);
  if (subject !== 0) reach(subject);
}
