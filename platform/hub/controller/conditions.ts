import type { Condition } from '../../api/cluster-status.ts';

const MAX_MESSAGE = 1000;

/** Conditions with one of them set; its time of transition only changes with its status. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  { type, status, reason, message }: Omit<Condition, 'lastTransitionTime'>,
  now: Date,
): Condition[] {
  const before = conditions?.find((condition) => condition.type === type);
  const lastTransitionTime =
    before?.status === status ? before.lastTransitionTime : now.toISOString().replace(/\.\d+Z$/, 'Z');
  const set = { type, status, reason, message: message.slice(0, MAX_MESSAGE), lastTransitionTime };
  if (before === undefined) return [...(conditions ?? []), set];
  return (conditions ?? []).map((condition) => (condition === before ? set : condition));
}

export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
