import type { Account, Gateway } from '../../../client/kinds.ts';

/** An account in a word: what its gateway last said of it. */
export function accountState({ status, deleting }: Account): string {
  if (typeof deleting === 'string') return 'Deleting';
  const refused = status?.conditions?.find(({ type, status: is }) => type === 'Accepted' && is === 'False');
  if (refused !== undefined) return refused.reason;
  if (status?.verified === undefined) return 'Pending';
  return status.verified ? 'Verified' : (status.lastError?.code ?? 'Not verified');
}

const SILENT_AFTER_MS = 180_000;

export function gatewayState({ status, deleting }: Gateway, now: number): string {
  if (typeof deleting === 'string') return 'Deleting';
  const bad = status?.conditions?.find(({ status: is }) => is === 'False');
  if (bad !== undefined) return bad.reason;
  if (status?.seen === undefined) return 'Pending';
  return now - Date.parse(status.seen) > SILENT_AFTER_MS ? 'Silent' : 'Connected';
}
