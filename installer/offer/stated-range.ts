import type { LockedRelease } from '../../bundle/locked-release.ts';

type MayState = LockedRelease & { readonly upgrade?: { readonly from?: string | undefined } | undefined };

/** Versions from which a release may be reached, as it says itself; undefined where it does not say. */
export function statedRange({ upgrade }: MayState): string | undefined {
  return upgrade?.from;
}
