import type { RolloutSpec, RolloutStatus } from '../../api/rollout.ts';
import { batchSize, isSkipped, leftOf, type RolloutCluster } from './plan.ts';

/** Which cluster a rollout changes when, as long as nothing becomes other than it is. */
export interface RolloutBatches {
  /** Clusters at a time. */
  readonly size: number;
  /** Have the version, or are being given it. */
  readonly there: readonly string[];
  readonly current: readonly string[];
  readonly failed: readonly string[];
  /** Those to come, batch by batch. */
  readonly batches: readonly (readonly string[])[];
  /** Are in no batch as they are now. */
  readonly held: readonly { readonly cluster: string; readonly reason: 'silent' | 'closed' }[];
}

/** By the rules of planRollout, which decides again at each look. */
export function planBatches(
  spec: RolloutSpec,
  status: RolloutStatus | undefined,
  clusters: readonly RolloutCluster[],
): RolloutBatches {
  const members = clusters.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = new Set(members.map(({ name }) => name));
  const inFlight = (status?.inFlight ?? []).filter(({ cluster }) => names.has(cluster));
  const inState = (wanted: string) =>
    inFlight.filter(({ state }) => state === wanted).map(({ cluster }) => cluster);
  const [current, failed] = [inState('updating'), inState('failed')];
  const busy = new Set(current);
  const left = leftOf(spec, members, failed).filter(({ name }) => !busy.has(name));
  const isHeld = (member: RolloutCluster) => !member.open || isSkipped(spec, member);
  const free = left.filter((member) => !isHeld(member)).map(({ name }) => name);
  const size = batchSize(spec, members.length);
  return {
    ...{ size, current, failed },
    there: members
      .filter(({ name, version }) => version === spec.version && !busy.has(name) && !failed.includes(name))
      .map(({ name }) => name),
    batches: Array.from({ length: Math.ceil(free.length / size) }, (_, at) =>
      free.slice(at * size, (at + 1) * size),
    ),
    held: left
      .filter(isHeld)
      .map((member) => ({ cluster: member.name, reason: isSkipped(spec, member) ? 'silent' : 'closed' })),
  };
}
