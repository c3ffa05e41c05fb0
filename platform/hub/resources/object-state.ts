import { textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';

/** What needs a person comes first, then what goes on, then what is well. */
const ORDER: readonly string[] = [
  'Failed',
  'Firing',
  'Degraded',
  'Unknown',
  'Stopped',
  'Enrolling',
  'Provisioning',
  'Pending',
  'Applying',
  'Running',
  'Paused',
  'Resolved',
  'Complete',
  'Ready',
];

/** How an object fares, in one word; empty for a kind that has no state. */
export function stateOf({ kind, status }: KubeObject): string {
  if (kind === 'Alert') return textAt(status, 'resolvedAt') === undefined ? 'Firing' : 'Resolved';
  if (kind === 'Cluster' || kind === 'Rollout') return textAt(status, 'phase') ?? 'Pending';
  return '';
}

/** A text by which states are put in order. */
export function stateRank(state: string): string {
  const place = ORDER.indexOf(state);
  return String(place === -1 ? ORDER.length : place).padStart(2, '0');
}
