import { randomBytes, randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
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
import { refuseBoth } from './serve-checks.ts';

export interface AccessCommandOptions {
  readonly store?: string;
  readonly users?: string;
  readonly anonymousPull?: boolean;
  readonly readOnly?: boolean;
  readonly externalUrl?: string;
  readonly clientCertUsers?: boolean;
  /** False for `--no-audit`. */
  readonly audit?: string | false;
}

export function addAccessOptions(command: Command): Command {
  return refuseBoth(command, 'audit')
    .option('--users <file>', 'who may do what (skerry registry user); "users" in the folder when absent')
    .option('--anonymous-pull', 'pulling needs no password')
    .option('--read-only', 'refuse all changes')
    .addOption(
      new Option('--external-url <url>', 'where clients find it, if a proxy stands in front').argParser(
        parseOrigin,
      ),
    )
    .option('--client-cert-users', 'a client certificate’s common name logs that user in (with --client-ca)')
    .option(
      '--audit <file>',
      'where changes and logins are written down; "audit.log" in the folder when absent',
    )
    .option('--no-audit', 'write them down nowhere');
}

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

function parseOrigin(text: string): string {
  const url = URL.parse(text);
  const plain =
    url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash;
  if (!plain || url.username || url.password) {
    throw new InvalidArgumentError(
      'an address like https://registry.example.com, with nothing behind the host',
    );
  }
  return url.origin;
}
