import type { FileLock } from '../../../../content/bytes/file-lock.ts';
import { isSkerryError } from '../../../../content/error.ts';
import { readUsersFile } from '../../../../registry/access/edit-users.ts';
import { userChanges } from '../../../../registry/access/user-changes.ts';
import type { Users } from '../../../../registry/access/users-file.ts';
import { deferredAudit } from '../../../../registry/audit/deferred-audit.ts';
import { recordWork } from '../../../../registry/audit/record-work.ts';
import { lockStore } from '../../../../registry/store/files/store-lock.ts';
import { isServedStore } from '../../../../registry/store/open.ts';
import { localUser } from '../../../terminal/local-user.ts';
import { auditFileOf, usersFileOf } from '../store-files.ts';

/**
 * Puts a change of a store's users into its audit log. A registry that runs does that itself when it reads them. Of a
 * folder that no registry has served yet there is nothing to tell. Throws REGISTRY_AUDIT_UNUSABLE.
 */
export async function recordUserChange(
  store: string | undefined,
  before: Users,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (store === undefined || !(await isServedStore(store))) return;
  const lock = tryLock(store);
  if (lock === undefined) return;
  const audit = deferredAudit(auditFileOf(store));
  try {
    const after = await readUsersFile(usersFileOf(store));
    await recordWork(audit, store, userChanges(before, after?.users ?? new Map(), localUser(env)));
  } finally {
    await audit.close();
    lock.release();
  }
}

function tryLock(store: string): FileLock | undefined {
  try {
    return lockStore(store);
  } catch (error) {
    if (isSkerryError(error, 'REGISTRY_STORE_IN_USE')) return undefined;
    throw error;
  }
}
