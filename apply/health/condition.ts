import { listAt, numberAt, textAt } from '../json.ts';

/** One entry of `status.conditions`. */
export interface Condition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** The generation of the object that it tells of. */
  readonly observedGeneration?: number | undefined;
}

export function conditionOf(object: unknown, type: string): Condition | undefined {
  const found = listAt(object, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') === type,
  );
  if (found === undefined) return undefined;
  return {
    status: textAt(found, 'status') ?? 'Unknown',
    reason: textAt(found, 'reason') ?? '',
    message: textAt(found, 'message') ?? '',
    observedGeneration: numberAt(found, 'observedGeneration'),
  };
}

/** `Reason: message`, as far as there are any. */
export function describeCondition({ reason, message }: Condition): string {
  return [reason, message].filter((part) => part !== '').join(': ');
}
