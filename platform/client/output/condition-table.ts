import { age } from './age.ts';
import { table } from './table.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** A section with the conditions of an object; nothing where it has none. */
export function conditionTable(conditions: readonly Condition[] | undefined, now: number): string {
  if (conditions === undefined || conditions.length === 0) return '';
  const rows = conditions.map(({ type, status, reason, message, lastTransitionTime }) => [
    type,
    status,
    reason,
    age(lastTransitionTime, now),
    message,
  ]);
  return `\n\nCONDITIONS\n${table(['TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'], rows)}`;
}
