import { randomBytes, randomUUID } from 'node:crypto';
import { type Access, readOnlyAccess } from '../../../../registry/access/access.ts';
import { accountAccess } from '../../../../registry/access/account-access.ts';
import { ClosedMark } from '../../../../registry/access/closed-mark.ts';
import { openTokenKey } from '../../../../registry/access/tokens/token-key.ts';
import { watchUsers } from '../../../../registry/access/watched-users.ts';
import type { Audit } from '../../../../registry/audit/audit.ts';
import { openAuditLog } from '../../../../registry/audit/audit-log.ts';
import type { Log } from '../../../../registry/log.ts';
import type { RegistryOptions } from '../../../../registry/server/server.ts';
import { asUnusable } from '../../../../registry/store/files/unusable.ts';
import { auditFileOf, closedMarkOf, tokenKeyFileOf, usersFileOf } from '../store-files.ts';
import type { AccessCommandOptions } from './serve-options.ts';

/** What decides about access and writes down what was done; `close` when serving has ended. */
export interface ServeAccess extends Pick<RegistryOptions, 'access' | 'readOnly' | 'externalUrl' | 'audit'> {
  /** Who gets in at first: everybody, the users there are, or nobody as there are none. */
  readonly opensTo: OpensTo;
  /** The hash of the last line of the audit log, for the other log: it shows later that nothing before was changed. */
  readonly auditHead: string | undefined;
  close(): Promise<void>;
}

export type OpensTo = 'open' | 'users' | 'nobody';

/**
 * Throws REGISTRY_AUDIT_UNUSABLE, REGISTRY_USERS_INVALID, REGISTRY_USERS_UNUSABLE, REGISTRY_STORE_UNUSABLE; then nothing
 * is left open.
 */
export async function openServeAccess(options: AccessCommandOptions, log: Log): Promise<ServeAccess> {
  const { store, readOnly, externalUrl } = options;
  const path = options.audit ?? (store === undefined ? undefined : auditFileOf(store));
  await using opened = new AsyncDisposableStack();
  const audit = path ? await openAuditLog({ path, clock: Date.now }) : undefined;
  opened.defer(() => audit?.close());
  const { access, opensTo, stop } = await openAccessOf(options, log, audit);
  opened.defer(stop);
  const all = opened.move();
  const close = () => all.disposeAsync();
  return { access, opensTo, readOnly, externalUrl, audit, auditHead: audit?.head, close };
}

async function openAccessOf(
  options: AccessCommandOptions,
  log: Log,
  audit: Audit | undefined,
): Promise<{ access: Access; opensTo: OpensTo; stop: () => void }> {
  const { store, users: given, anonymousPull = false, clientCertUsers } = options;
  const path = given ?? (store === undefined ? undefined : usersFileOf(store));
  if (path === undefined) return { access: readOnlyAccess, opensTo: 'open', stop: () => {} };
  const { key, mark } = store === undefined ? { key: randomBytes(32) } : await openStoreAccess(store);
  const openWithout = given === undefined;
  const users = await watchUsers({ path, openWithout, mark, log, audit, clock: Date.now });
  const access = accountAccess({
    users: users.current,
    anonymousPull,
    key,
    certificateUsers: clientCertUsers,
    clock: Date.now,
    uptime: () => performance.now(),
    randomId: randomUUID,
  });
  const first = users.current();
  const opensTo = first === undefined ? 'open' : first.size === 0 ? 'nobody' : 'users';
  return { access, opensTo, stop: users.stop };
}

async function openStoreAccess(store: string): Promise<{ key: Buffer; mark?: ClosedMark }> {
  try {
    return { key: await openTokenKey(tokenKeyFileOf(store)), mark: new ClosedMark(closedMarkOf(store)) };
  } catch (error) {
    throw asUnusable(error, store);
  }
}
