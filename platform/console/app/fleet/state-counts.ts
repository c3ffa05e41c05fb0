/** States in the order in which they are shown: what needs a person first. */
const ORDER = [
  'Failed',
  'Unknown',
  'Degraded',
  'Enrolling',
  'Pending',
  'Provisioning',
  'Applying',
  'Deleting',
  'Paused',
  'Ready',
];

/** How many clusters are in each state, those with any, in that order. */
export function countStates(states: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(states)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => rank(a) - rank(b));
}

function rank(state: string): number {
  const index = ORDER.indexOf(state);
  return index === -1 ? ORDER.length : index;
}
