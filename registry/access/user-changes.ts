import type { AuditAction, AuditEntry } from '../audit/audit.ts';
import { formatPermissions } from './permissions.ts';
import type { Account, Users } from './users-file.ts';

/** So many accounts are named; further ones are counted. */
const MAX_NAMED = 100;

/** What became of accounts, for the audit log: names, and nothing of their passwords. */
export function userChanges(before: Users, after: Users, by?: string): AuditEntry[] {
  const entries = [...differences(before, after)].map(
    ([action, account]): AuditEntry => ({
      action,
      result: 'done',
      ...(by === undefined ? {} : { by }),
      account,
    }),
  );
  const unnamed = entries.length - MAX_NAMED;
  if (unnamed <= 0) return entries;
  return [...entries.slice(0, MAX_NAMED), { action: 'user-change', result: 'done', by, unnamed }];
}

function* differences(before: Users, after: Users): Generator<[AuditAction, string]> {
  for (const [name, account] of after) {
    const old = before.get(name);
    if (old === undefined) yield ['user-add', name];
    else if (!isSame(old, account)) yield ['user-change', name];
  }
  for (const name of before.keys()) if (!after.has(name)) yield ['user-remove', name];
}

function isSame(one: Account, other: Account): boolean {
  return (
    one.fingerprint === other.fingerprint &&
    formatPermissions(one.permissions) === formatPermissions(other.permissions)
  );
}
