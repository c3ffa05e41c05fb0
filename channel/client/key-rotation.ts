import type { Metadata, Root } from '@tufjs/models';
import type { TrustedState } from './trusted-state.ts';

/** The versions that a site remembers: nothing older is believed. */
export type RememberedVersions = Pick<TrustedState, 'timestamp' | 'snapshot' | 'roles'>;

const NOTHING: RememberedVersions = { timestamp: 0, snapshot: 0, roles: {} };

/**
 * What still counts of the remembered versions under a newer root (5.3.11, recovery from fast-forward attacks). Where keys
 * of timestamp or snapshot were rotated, nothing: who had stolen them may have signed any number, and no honest edition
 * would ever reach it. Both files are forgotten, and with the snapshot the versions of all roles, which it named.
 *
 * Editions of before that only such keys have signed don't count under the newer root either. Those of a key that stays do
 * until a newer one is seen: if one of several is replaced, all should be.
 */
export function stillRemembered(
  before: Metadata<Root>,
  now: Metadata<Root>,
  versions: RememberedVersions,
): RememberedVersions {
  return isRotated('timestamp', before, now) || isRotated('snapshot', before, now) ? NOTHING : versions;
}

/**
 * A role's keys are rotated when as many as had to sign count no more: with fewer nobody could have signed alone. A key
 * that is added, or one of several that goes, must not open the way to older editions, which the others have signed.
 */
function isRotated(role: 'timestamp' | 'snapshot', before: Metadata<Root>, now: Metadata<Root>): boolean {
  const old = before.signed.roles[role];
  if (old === undefined) return false;
  const kept = new Set(now.signed.roles[role]?.keyIDs ?? []);
  return old.keyIDs.filter((id) => !kept.has(id)).length >= old.threshold;
}
