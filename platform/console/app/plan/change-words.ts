import type { Plan } from '../../../client/operations.ts';

export type PlannedCluster = Plan['clusters'][number];
type PlannedLayer = PlannedCluster['layers'][number];

const WORDS: Readonly<Record<string, string>> = {
  add: 'comes',
  change: 'changes',
  remove: 'goes',
  none: 'stays as it is',
};

/** `changes, 1.0.0 → 2.0.0, /replicas: 2 → 3`: what becomes of a layer. */
export function layerWords({ change, detail, version, versionBefore, values = [] }: PlannedLayer): string {
  const versions =
    version !== undefined && versionBefore !== undefined && version !== versionBefore
      ? `${versionBefore} → ${version}`
      : undefined;
  return [
    WORDS[change] ?? change,
    detail,
    versions,
    ...values.map(({ pointer, before, after }) => `${pointer}: ${shown(before)} → ${shown(after)}`),
  ]
    .filter((part) => part !== undefined && part !== '')
    .join(', ');
}

/** The layers of a cluster that don't stay as they are. */
export function changedLayers({ layers }: PlannedCluster): readonly PlannedLayer[] {
  return layers.filter(({ change }) => change !== 'none');
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
